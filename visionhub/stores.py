"""Where the cache keeps answers: this process, a folder, Redis."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Protocol

from visionhub.errors import ConfigError
from visionhub.tasks import RESULTS, Result

log = logging.getLogger("visionhub")


class Store(Protocol):
    """Keeps answers by key. One that `is_slow` is not asked on the event loop."""

    is_slow: bool

    def get(self, key: str) -> Result | None:
        """The answer kept under `key`."""
        ...

    def put(self, key: str, result: Result) -> None:
        """Keeps an answer."""


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
    """Answers in a folder, shared by processes, at most `max_bytes`; the least recently used go first. `raw` is not kept.

    A disk that is full keeps nothing, and one that is damaged gives nothing: no answer is lost to it.
    """

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
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"The disk cache cannot be kept in {folder}: {getattr(error, 'strerror', None) or error}.",
                hint="Set VISIONHUB_HOME, or remove the folder.",
            ) from error
        self._failed = (OSError, sqlite3.Error, zlib.error, ValueError, diskcache.Timeout)

    def get(self, key: str) -> Result | None:
        """See `Store`."""
        try:
            return _read(self._disk.get(_hashed(key)))
        except self._failed as error:
            log.warning("The disk cache cannot be read: %s.", type(error).__name__)
            return None

    def put(self, key: str, result: Result) -> None:
        """See `Store`."""
        try:
            self._disk.set(_hashed(key), result.to_dict())
        except self._failed as error:
            log.warning("The disk cache cannot be written: %s.", type(error).__name__)


class RedisStore:
    """Answers in Redis, shared by machines, for `seconds`. `raw` is not kept. A Redis that is down keeps and gives nothing."""

    is_slow = True

    def __init__(self, url: str, seconds: int = 7 * 86_400) -> None:
        try:
            import redis
        except ImportError:
            raise ConfigError("Redis is not installed.", hint="pip install 'visionhub[redis]'") from None
        self._redis = redis_at(url, 2.0)
        self._failed: type[Exception] = redis.RedisError
        self._seconds = seconds

    def get(self, key: str) -> Result | None:
        """See `Store`."""
        try:
            kept = self._redis.get(_named(key))
            return _read(json.loads(kept)) if kept else None
        except (self._failed, ValueError) as error:
            log.warning("The cache's Redis does not answer: %s.", type(error).__name__)
            return None

    def put(self, key: str, result: Result) -> None:
        """See `Store`."""
        try:
            self._redis.set(_named(key), result.model_dump_json(), ex=self._seconds)
        except self._failed as error:
            log.warning("The cache's Redis does not answer: %s.", type(error).__name__)


def redis_at(url: str, seconds: float) -> Any:
    """A client that waits for so many seconds at most."""
    import redis

    try:
        return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
    except ValueError:
        # Its text quotes the URL, where a password may stand.
        raise ConfigError("The URL of a Redis is wrong.", hint="Write redis://[:PASSWORD@]HOST[:PORT]/0.") from None


def _named(key: str) -> str:
    return f"visionhub:answer:{_hashed(key)}"


def _read(kept: Any) -> Result | None:
    try:
        return RESULTS[kept["task"]].model_validate(kept) if kept else None
    except (ValueError, LookupError, TypeError):
        # Another version of visionhub wrote it.
        return None


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
