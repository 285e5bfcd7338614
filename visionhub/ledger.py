"""What was spent today and this month, shared by processes: a file (SQLite), or Redis by its URL.

Money is counted in whole billionths of a dollar. A booking is kept before anything is sent, so whatever kills the process loses none.
Days are those of UTC.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from visionhub.errors import ConfigError
from visionhub.stores import redis_at

NANO = 1_000_000_000
KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Booking:
    """Nano-dollars booked on a day for one provider's task."""

    day: str
    provider: str
    task: str
    nanos: int


@dataclass(frozen=True, slots=True)
class Spent:
    """USD, booked for today and for this month."""

    today: float
    month: float


class Ledger(Protocol):
    """Where bookings are kept. Blocks for a moment, or for as long as the disk or the network takes."""

    def reserve(
        self, provider: str, task: str, usd: float, daily: float | None, monthly: float | None
    ) -> Booking | None:
        """Books, unless that would pass a limit: None then."""
        ...

    def settle(self, booking: Booking, usd: float) -> None:
        """Changes a booking to what it really cost."""
        ...

    def spent(self) -> Spent:
        """What is booked."""
        ...

    def today(self) -> Mapping[str, float]:
        """USD booked today, by `provider task`."""
        ...


def ledger(where: str | Path) -> Ledger:
    """The ledger at a path, or at a `redis://` or `rediss://` URL."""
    return RedisLedger(str(where)) if str(where).startswith(("redis://", "rediss://")) else SqliteLedger(Path(where))


def nanos(usd: float) -> int:
    """USD as whole billionths."""
    return round(usd * NANO)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


class SqliteLedger:
    """A file for all processes of this machine. What is committed outlives the process, whatever kills it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._open: sqlite3.Connection | None = None
        # Kept, since to close it in a forked process would disturb the parent's.
        self._inherited: sqlite3.Connection | None = None

    def reserve(
        self, provider: str, task: str, usd: float, daily: float | None, monthly: float | None
    ) -> Booking | None:
        """See `Ledger`."""
        booking = Booking(_today(), provider, task, nanos(usd))
        with self._used() as base, base:
            base.execute("BEGIN IMMEDIATE")
            spent = self._spent(base, booking.day)
            fits = all(
                limit is None or already + booking.nanos <= nanos(limit)
                for already, limit in zip(spent, (daily, monthly), strict=True)
            )
            if fits:
                self._add(base, booking, booking.nanos, 1)
        return booking if fits else None

    def settle(self, booking: Booking, usd: float) -> None:
        """See `Ledger`."""
        if (more := nanos(usd) - booking.nanos) != 0:
            with self._used() as base:
                self._add(base, booking, more, 0)

    def spent(self) -> Spent:
        """See `Ledger`."""
        with self._used() as base:
            today, month = self._spent(base, _today())
        return Spent(today / NANO, month / NANO)

    def today(self) -> Mapping[str, float]:
        """See `Ledger`."""
        asked = "SELECT provider || ' ' || task, nanos FROM booked WHERE day = ? ORDER BY nanos DESC"
        with self._used() as base:
            return {name: spent / NANO for name, spent in base.execute(asked, (_today(),))}

    @staticmethod
    def _spent(base: sqlite3.Connection, day: str) -> tuple[int, int]:
        asked = (
            "SELECT coalesce(sum(nanos) FILTER (WHERE day = ?), 0), coalesce(sum(nanos), 0) FROM booked WHERE day >= ?"
        )
        today, month = base.execute(asked, (day, f"{day[:7]}-01")).fetchone()
        return int(today), int(month)

    @staticmethod
    def _add(base: sqlite3.Connection, booking: Booking, more: int, calls: int) -> None:
        base.execute(
            "INSERT INTO booked VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET nanos = nanos + excluded.nanos, calls = calls + excluded.calls",
            (booking.day, booking.provider, booking.task, more, calls),
        )

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The file, for one thread at a time. Raises `ConfigError` if it cannot be used."""
        if self._process != os.getpid():
            # Neither a connection nor a lock that another thread held may be carried into a forked process.
            self._process, self._lock, self._inherited, self._open = os.getpid(), threading.Lock(), self._open, None
        with self._lock:
            try:
                yield self._base()
            except (OSError, sqlite3.Error) as error:
                raise ConfigError(
                    f"The budget cannot be kept in {self._path}: {error}.",
                    hint="Set [budget] store, or VISIONHUB_HOME, to where can be written.",
                ) from error

    def _base(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            base.execute(
                "CREATE TABLE IF NOT EXISTS booked (day TEXT, provider TEXT, task TEXT, nanos INTEGER, calls INTEGER,"
                " PRIMARY KEY (day, provider, task)) WITHOUT ROWID"
            )
            self._open = base
        return self._open


# Checks and books in one step: KEYS are the day's and the month's hash, ARGV the field, nanos, both limits ("" for none), seconds kept.
_RESERVE = """
local function total(key) local t = 0 for _, v in ipairs(redis.call('HVALS', key)) do t = t + tonumber(v) end return t end
if ARGV[3] ~= '' and total(KEYS[1]) + ARGV[2] > tonumber(ARGV[3]) then return 0 end
if ARGV[4] ~= '' and total(KEYS[2]) + ARGV[2] > tonumber(ARGV[4]) then return 0 end
for _, key in ipairs(KEYS) do redis.call('HINCRBY', key, ARGV[1], ARGV[2]) redis.call('EXPIRE', key, ARGV[5]) end
return 1
"""


class RedisLedger:
    """One for several machines."""

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError:
            raise ConfigError("Redis is not installed.", hint="pip install 'visionhub[redis]'") from None
        self._redis = redis_at(url, 5.0)
        self._failed: type[Exception] = redis.RedisError

    def reserve(
        self, provider: str, task: str, usd: float, daily: float | None, monthly: float | None
    ) -> Booking | None:
        """See `Ledger`."""
        booking = Booking(_today(), provider, task, nanos(usd))
        limits = ["" if limit is None else nanos(limit) for limit in (daily, monthly)]
        arguments = [f"{provider} {task}", booking.nanos, *limits, KEPT_DAYS * 86_400]
        return booking if self._asked(lambda: self._redis.eval(_RESERVE, 2, *_keys(booking.day), *arguments)) else None

    def settle(self, booking: Booking, usd: float) -> None:
        """See `Ledger`."""
        if (more := nanos(usd) - booking.nanos) != 0:
            for key in _keys(booking.day):
                self._asked(lambda key=key: self._redis.hincrby(key, f"{booking.provider} {booking.task}", more))

    def spent(self) -> Spent:
        """See `Ledger`."""
        today, month = (sum(map(int, self._asked(lambda key=key: self._redis.hvals(key)))) for key in _keys(_today()))
        return Spent(today / NANO, month / NANO)

    def today(self) -> Mapping[str, float]:
        """See `Ledger`."""
        booked = self._asked(lambda: self._redis.hgetall(_keys(_today())[0]))
        return {name.decode(): int(spent) / NANO for name, spent in booked.items()}

    def _asked(self, command: Any) -> Any:
        try:
            return command()
        except self._failed as error:
            # Without its ledger a budget holds nothing back, so nothing is sent.
            raise ConfigError(
                f"The budget's Redis does not answer: {type(error).__name__}.",
                hint="Check [budget] store and the server.",
            ) from error


def _keys(day: str) -> list[str]:
    return [f"visionhub:spent:{day}", f"visionhub:spent:{day[:7]}"]
