"""What names pictures on the command line: files, folders, globs, URLs and stdin.

A folder stands for all pictures in it and below, recognised by their suffix, hidden ones left out. A glob stands for what a
shell would make of it (`**` for any number of folders), so it may be quoted. Everything else is taken as it is: if it is no
picture, its answer will say so.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, TypeAlias
from urllib.parse import urlsplit

from visionhub.errors import InputError

if TYPE_CHECKING:
    from visionhub.image import Image

STDIN = "-"
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2",
    ".j2k", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".qoi", ".sgi", ".pcx", ".ico",
})  # fmt: skip
URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its name. `place` is where it belongs in a folder of results: its path inside the folder that was named."""

    source: str
    place: PurePath

    def open(self) -> Image:
        """The picture, not read yet."""
        from visionhub.image import Image

        if self.source == STDIN:
            return _stdin(sys.stdin.buffer)
        return Image(self.source)


@lru_cache(maxsize=1)
def _stdin(stream: BinaryIO) -> Image:
    """What comes that way can be read only once, and may be asked about repeatedly."""
    from visionhub.image import Image

    return Image(stream, name=STDIN)


Entry: TypeAlias = tuple[Picture, ...] | InputError
"""The pictures of one call, or why there is none."""


def each(names: Iterable[str]) -> list[Entry]:
    """One entry a picture."""
    return [found if isinstance(found, InputError) else (found,) for name in names for found in _named(name)]


def first_with_others(first: str, others: Iterable[str]) -> list[Entry]:
    """One entry for each of the others, paired with the first."""
    return [
        found if isinstance(found, InputError) else (_one(first), found) for name in others for found in _named(name)
    ]


def _named(name: str) -> Iterator[Picture | InputError]:
    if name == STDIN or URL.match(name):
        yield _one(name)
    elif os.path.isdir(name):  # noqa: PTH112  # a name too long for the system is no folder, rather than an error
        yield from _inside(name)
    elif os.path.lexists(name) or not glob.has_magic(name):
        yield _one(name)
    else:
        yield from _matching(name)


def _one(name: str) -> Picture:
    if name == STDIN:
        return Picture(name, PurePath("stdin"))
    if URL.match(name):
        last = PurePath(re.sub(r"[^\w.-]+", "_", urlsplit(name).path.rpartition("/")[2])).name
        return Picture(name, PurePath(last.lstrip(".") or "picture"))
    return Picture(name, PurePath(PurePath(name).name or "picture"))


def _matching(pattern: str) -> Iterator[Picture | InputError]:
    seen = set()
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  # Path.glob takes no absolute patterns
        for found in _named(name):
            # `**` yields a folder and also what is in it.
            if not isinstance(found, InputError) and os.path.normpath(found.source) not in seen:
                seen.add(os.path.normpath(found.source))
                yield found
    if not seen:
        yield InputError(f"Nothing matches {pattern}.", source=pattern)


def _inside(folder: str) -> Iterator[Picture | InputError]:
    unreadable: list[OSError] = []
    is_empty = True
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                is_empty = False
                source = os.path.join(parent, name)  # noqa: PTH118  # keeps the caller's ./ and is much faster
                yield Picture(source, PurePath(os.path.relpath(source, folder)))
    for error in unreadable:
        yield InputError(f"The folder {error.filename} cannot be read: {error.strerror}.", source=str(error.filename))
    if is_empty and not unreadable:
        yield InputError(
            f"There is no picture in the folder {folder}.",
            source=folder,
            hint="Pictures are found by their suffix, e.g. .jpg.",
        )
