"""Answers a call again that was answered before, without asking anyone.

Calls are equal when picture content, options, provider and model version are: never by path or URL. The memory cache keeps
the newest answers of this process, the disk cache (`visionhub[cache]`) those of all processes on this machine.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import ValidationError

from visionhub.errors import ConfigError
from visionhub.flow import Flow, compute
from visionhub.handler import Handler
from visionhub.tasks import RESULTS, Attempt, Call, GenerateCall, Result
from visionhub.tasks.base import R


class Store(Protocol):
    """Where answers are kept."""

    is_slow: bool

    def get(self, key: str) -> Result | None:
        """The answer kept under `key`."""
        ...

    def put(self, key: str, result: Result) -> None:
        """Keeps an answer."""


@dataclass(frozen=True, slots=True)
class Cache:
    """See the module."""

    store: Store

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        if is_random(call):
            return (yield from inner(call))
        started = time.perf_counter()
        if unhashed := [picture for picture in call.pictures().values() if not picture.hashed]:
            yield from compute(lambda: [picture.sha256 for picture in unhashed])
        key = fingerprint(call, inner.version(call))
        kept = (yield from compute(lambda: self.store.get(key))) if self.store.is_slow else self.store.get(key)
        if kept is not None:
            took = (time.perf_counter() - started) * 1000
            found = cast("R", kept)  # it was kept under the key of an equal call
            attempt = Attempt(provider=found.provider, outcome="cached", latency_ms=took)
            usage = found.usage.model_copy(update={"units": 0, "cost_usd": 0.0})
            return found.model_copy(update={"attempts": (attempt,), "usage": usage})
        result = yield from inner(call)
        if self.store.is_slow:
            yield from compute(lambda: self.store.put(key, result))
        else:
            self.store.put(key, result)
        return result


def is_random(call: Call[Any]) -> bool:
    """Whether the same question is meant to get another answer each time."""
    return isinstance(call, GenerateCall) and call.seed is None


def fingerprint(call: Call[Any], version: str) -> str:
    """The key of a call: its task, options, hashes of its pictures' content, and the model version that would answer it."""
    pictures = [picture.sha256 for picture in call.pictures().values()]
    return repr((call.task, version, call.options(), sorted(call.extra.items()), pictures))


class MemoryStore:
    """The newest `size` answers, in this process."""

    is_slow = False

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._kept: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Result | None:
        """See `Store`."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: str, result: Result) -> None:
        """See `Store`."""
        with self._lock:
            self._kept[key] = result
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


class DiskStore:
    """Answers in a folder, shared by processes, at most `max_bytes`; the least recently used go first. `raw` is not kept."""

    is_slow = True

    def __init__(self, folder: Path, max_bytes: int = 1_000_000_000) -> None:
        try:
            import diskcache
        except ImportError:
            raise ConfigError("The disk cache is not installed.", hint="pip install 'visionhub[cache]'") from None
        # JSONDisk: what lies in the folder is data, never a pickle.
        try:
            self._disk = diskcache.Cache(
                str(folder), disk=diskcache.JSONDisk, size_limit=max_bytes, eviction_policy="least-recently-used"
            )
        except OSError as error:
            raise ConfigError(
                f"The disk cache cannot be kept in {folder}: {error.strerror or error}.", hint="Set VISIONHUB_HOME."
            ) from error

    def get(self, key: str) -> Result | None:
        """See `Store`."""
        kept: Any = self._disk.get(_hashed(key))
        try:
            return RESULTS[kept["task"]].model_validate(kept) if kept else None
        except (ValidationError, LookupError, TypeError):
            # Another version of visionhub wrote it.
            return None

    def put(self, key: str, result: Result) -> None:
        """See `Store`."""
        self._disk.set(_hashed(key), result.to_dict())


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
