"""Writes annotated and generated pictures: each is whole or not there, and no picture that was given is written over."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from visionhub.cli.inputs import Entry, Picture
from visionhub.errors import ConfigError, InputError

if TYPE_CHECKING:
    import PIL.Image

    from visionhub.image import Image
    from visionhub.tasks import Images, Result

FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
# In a folder of results a picture that came without loss leaves without loss; for the others JPEG is small and fast.
LOSSLESS = frozenset(
    {".png", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".qoi", ".pcx"}
)
QUALITY = 92


class Place:
    """One file, or a folder that keeps the structure of the folders that were given."""

    def __init__(self, target: str, entries: Sequence[Entry], count: int) -> None:
        """`count` is how many pictures there will be. Raises `ConfigError` for a target that cannot take them."""
        self._target = Path(target)
        self._entries = entries
        self._taken: set[Path] = set()
        ends_as_folder = target.endswith(("/", os.sep)) or self._target.is_dir()
        self.is_folder = ends_as_folder or not self._target.suffix
        if self.is_folder:
            make_folder(self._target)
        elif self._target.suffix.lower() not in FORMATS:
            raise ConfigError(
                f"{target} does not say which format to write: {self._target.suffix} is not known.",
                hint=f"Known are {' '.join(FORMATS)}; a folder is written with a slash at its end.",
            )
        elif count > 1:
            raise ConfigError(
                f"{target} is one file, and there are {count:,} pictures.", hint="Name a folder: --save annotated/"
            )

    def drawn(self, result: Result, pictures: Sequence[Picture], opened: Sequence[Image]) -> Path:
        """Writes the answer, drawn on its picture. Raises `InputError` if that is not possible."""
        path = self._target
        if self.is_folder:
            # Of a comparison the second picture is the one that changes.
            place = pictures[-1].place
            suffix = ".png" if place.suffix.lower() in LOSSLESS else ".jpg"
            path = self._free(self._target / place.with_suffix(suffix))
        self._write(path, encoded(result.draw(*opened), path))
        return path

    def generated(self, result: Images, prompt: str) -> list[Path]:
        """Writes generated pictures, as they came if the suffix allows it; none that lies there already is written over."""
        stem = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-")[:40] or "picture"
        paths = []
        for image in result.images:
            path = self._target
            if self.is_folder:
                path = self._free(self._target / f"{stem}.{image.media_type.rpartition('/')[2]}", also_there=True)
            elif len(result.images) > 1:
                path = self._free(path)
            as_it_is = self.is_folder or FORMATS[path.suffix.lower()].lower() == image.media_type.rpartition("/")[2]
            self._write(path, image.data if as_it_is else encoded(image.pil(), path))
            paths.append(path)
        return paths

    def _free(self, path: Path, *, also_there: bool = False) -> Path:
        """`path`, numbered if this run has written it (or, if so asked, if it is there)."""
        number, free = 1, path
        while free in self._taken or (also_there and free.exists()):
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")
        self._taken.add(free)
        return free

    def _write(self, path: Path, data: bytes) -> None:
        if os.path.realpath(path) in self._given:
            raise InputError(
                f"{path} is one of the pictures that were given; it is not written over.", hint="Save elsewhere."
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, data)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror or error}.") from error

    @cached_property
    def _given(self) -> frozenset[str]:
        pictures = (picture for entry in self._entries if not isinstance(entry, InputError) for picture in entry)
        return frozenset(os.path.realpath(picture.source) for picture in pictures)


def make_folder(path: Path) -> None:
    """Makes a folder, unless it is there. Raises `ConfigError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "there is a file of that name" if path.is_file() else error.strerror
        raise ConfigError(f"The folder {path} cannot be made: {reason}.") from error


def encoded(picture: PIL.Image.Image, path: PurePath) -> bytes:
    """The picture in the format that the suffix of `path` means. Raises `InputError` if that cannot hold it."""
    buffer = io.BytesIO()
    try:
        picture.convert("RGB").save(buffer, FORMATS[path.suffix.lower()], quality=QUALITY)
    except (OSError, ValueError) as error:
        size = f"{picture.width} x {picture.height}"
        raise InputError(
            f"A picture of {size} cannot be written as {path.suffix}: {error}.", hint="Try .png."
        ) from error
    return buffer.getvalue()


def replace(path: Path, data: bytes) -> None:
    """Writes beside, then moves into place in one step: a kill leaves the old file, or none."""
    beside = path.with_name(f".{path.name[:40]}.{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
