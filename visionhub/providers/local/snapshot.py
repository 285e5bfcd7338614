"""One commit of a repository in the hub's cache, laid out as huggingface_hub does: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.

`blobs/` holds each content once, under the name of its hash; `snapshots/COMMIT/` links to them by the names of files; `refs/` says which
commit a branch was at. A blob is either whole and verified, or not there: it is written beside its place, under a lock that other
programs take too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident

from visionhub.errors import ConfigError
from visionhub.providers.local.repository import COMMIT, File, Name

BLOCK = 1 << 20
SHA1 = 40


@dataclass(frozen=True)
class Snapshot:
    """`cache` is the folder of the whole cache."""

    cache: Path
    name: Name
    commit: str

    @property
    def storage(self) -> Path:
        """Of the repository."""
        return self.cache / self.name.folder

    @property
    def folder(self) -> Path:
        """Where the files are, by their names."""
        return self.storage / "snapshots" / self.commit

    def paths(self) -> list[str]:
        """The files that are there."""
        inside = (path for path in self.folder.rglob("*") if path.is_file())
        return [path.relative_to(self.folder).as_posix() for path in inside]

    def blob(self, path: str) -> str | None:
        """The name of a file's content, or None where the cache has no links (on Windows without the right to make some)."""
        name = Path(os.path.realpath(self.folder / path)).name
        return name if len(name) in (SHA1, 64) and set(name) <= set("0123456789abcdef") else None

    def has(self, file: File) -> bool:
        """Whether a file is there, and is right."""
        return _is(self.folder / file.path, file)

    def unfinished(self) -> int:
        """Bytes of downloads that were broken off."""
        return sum(part.stat().st_size for part in (self.storage / "blobs").glob("*.incomplete"))

    def put(self, file: File, fetch: Callable[[Path], None]) -> None:
        """Puts a file there: `fetch` writes its content into a path, going on after what is there. Raises `ConfigError` if it is not right."""
        import filelock

        place, blob = self.folder / file.path, self.storage / "blobs" / file.blob
        lock = self.cache / ".locks" / self.name.folder / f"{file.blob}.lock"
        for needed in (place, blob, lock):
            needed.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(lock):
            if not _is(blob, file):
                part = blob.with_name(f"{blob.name}.incomplete")
                # What was resumed, or came damaged, may be right when it comes anew.
                if not (_fetched(part, file, fetch) or _fetched(part, file, fetch)):
                    raise ConfigError(
                        f"{file.path} of {self.name.repo} is not the file that the hub lists: its hash differs. It was not kept.",
                        hint="Something on the way changes files: set HF_ENDPOINT to another server, or look at the proxy.",
                    )
                part.replace(blob)
            # Another process may have put it there while this one waited.
            if not self.has(file):
                _link(place, blob)

    def remember(self) -> None:
        """Notes that this is the commit that the name's branch is at, for other programs."""
        if COMMIT.fullmatch(self.name.revision):
            return
        ref = self.storage / "refs" / self.name.revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(ref)
        beside.write_text(self.commit, encoding="ascii")
        beside.replace(ref)


def latest(cache: Path, name: Name) -> Snapshot | None:
    """The commit that some program has fetched for a name last; None if there is none."""
    commit = name.revision
    if not COMMIT.fullmatch(commit):
        try:
            commit = (cache / name.folder / "refs" / name.revision).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
    found = Snapshot(cache, name, commit)
    return found if COMMIT.fullmatch(commit) and found.folder.is_dir() else None


def sha256(path: Path) -> str:
    """Of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_blob(path: Path, blob: str) -> bool:
    """Whether a file's content is what its name in `blobs/` says: its SHA-256, or git's SHA-1 of it."""
    if len(blob) != SHA1:
        return sha256(path) == blob
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest() == blob


def _is(path: Path, file: File) -> bool:
    with suppress(OSError):
        return path.stat().st_size == file.size and is_blob(path, file.blob)
    return False


def _fetched(part: Path, file: File, fetch: Callable[[Path], None]) -> bool:
    fetch(part)
    if is_blob(part, file.blob):
        return True
    part.unlink()
    return False


def _link(place: Path, blob: Path) -> None:
    beside = _beside(place)
    try:
        beside.symlink_to(os.path.relpath(blob, place.parent))
    except (OSError, NotImplementedError):
        shutil.move(blob, beside)
    beside.replace(place)


def _beside(path: Path) -> Path:
    """A name that no other thread or process writes to."""
    return path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}")
