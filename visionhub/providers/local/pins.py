"""Which commit each name of the hub means on this machine, and what its files were when they were fetched: one file beside the settings' home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from visionhub.errors import ConfigError, VisionError
from visionhub.value import Value


class PinnedFile(Value):
    """What a file was when it was fetched."""

    size: int
    sha256: str


class Pin(Value):
    """What a name means from the day on that it was fetched. `with_code` tells whether the repository's own code was fetched too."""

    commit: str
    date: date
    with_code: bool = False
    files: Mapping[str, PinnedFile]

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(file.size for file in self.files.values())


State: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Pins:
    """For any number of threads and processes: who writes is alone, and the file is replaced in one step."""

    path: Path

    @classmethod
    def at(cls, home: Path) -> Pins:
        """Those of the settings' home."""
        return cls(Path(home) / "hub.json")

    @property
    def state(self) -> State:
        """Changes whenever they do."""
        try:
            known = self.path.stat()
        except OSError:
            return 0, 0, 0
        return known.st_mtime_ns, known.st_ino, known.st_size

    def read(self) -> Mapping[str, Pin]:
        """All of them, by name. Raises `ConfigError` if the file cannot be read."""
        return _read(self.path, self.state)

    def keep(self, name: str, pin: Pin, *, anew: bool) -> Pin:
        """Writes one down, unless there is one already and it is not made anew; returns the one that stands."""
        with self._alone():
            pins = self.read()
            if name in pins and not anew:
                return pins[name]
            self._write({**pins, name: pin})
            return pin

    def drop(self, name: str) -> None:
        """Forgets one."""
        with self._alone():
            pins = self.read()
            if name in pins:
                self._write({other: pin for other, pin in pins.items() if other != name})

    def _write(self, pins: Mapping[str, Pin]) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_bytes(_all().dump_json(dict(sorted(pins.items())), indent=1))
        beside.replace(self.path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        import filelock

        with usable(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.path.with_suffix(".lock")):
                yield


@cache
def _all() -> TypeAdapter[dict[str, Pin]]:
    return TypeAdapter(dict[str, Pin])


@lru_cache(maxsize=8)
def _read(path: Path, state: State) -> Mapping[str, Pin]:
    """`state` tells what was read from what is to be read anew."""
    if state == (0, 0, 0):
        return {}
    try:
        return _all().validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(
            f"{path} cannot be read ({type(error).__name__}).",
            hint="It says which commit each model of the hub is: mend it, or remove it and pull them again.",
        ) from error


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """What the disk refuses becomes a `ConfigError`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, VisionError):
            raise
        raise ConfigError(
            f"{error.filename or folder} cannot be used: {error.strerror or error}.",
            hint="Models need room, and a folder that is yours to write to: HF_HOME names theirs, VISIONHUB_HOME that of hub.json.",
        ) from error
