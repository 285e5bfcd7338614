"""Asks a provider no faster than it allows: a token bucket, which slows down by itself when the provider says "too many".

The bucket is kept as the moment at which it will be full (the generic cell rate algorithm, ITU-T I.371), so a caller knows at once
how long to sleep and nothing stands in a queue. After a 429 the rate is cut to 70 %, at most once a second, and grows back by a fifth of
what it was a second; `retry_after` holds everybody.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from visionhub.errors import RateLimitError
from visionhub.flow import Flow, Sleep
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R

CUT, GROWTH = 0.7, 0.2
SLOWEST = 1.0
"""Calls a second below which no 429 pushes the rate, unless it was set lower."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `rate` calls a second, a second's worth of them at once; None: as fast as the provider takes them.

    A call that would have to wait beyond `longest` seconds ends with a `RateLimitError` instead.
    """

    rate: float | None = None
    longest: float = 20.0
    _bucket: _Bucket = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bucket", _Bucket(self.rate))

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        bucket = self._bucket
        wait = bucket.reserve()
        if wait > self.longest:
            bucket.give_back()
            raise RateLimitError(
                f"{inner.name} takes no more calls for {wait:.3g} s.",
                hint="Ask more slowly, or another provider.",
                provider=inner.name,
                task=call.task,
                retry_after=wait,
            )
        if wait > 0:
            try:
                yield Sleep(wait)
            except BaseException:
                bucket.give_back()
                raise
        sent = time.monotonic()
        try:
            result = yield from inner(call)
        except RateLimitError as error:
            bucket.slow_down(sent, error.retry_after or 0.0)
            raise
        bucket.speed_up()
        return result

    def status(self) -> dict[str, Any]:
        """Calls a second: as set, and as taken now."""
        return {"rate": self.rate, "now": self._bucket.rate}


class _Bucket:
    def __init__(self, most: float | None) -> None:
        self.rate = most
        self._most = most
        self._lock = Lock()
        self._full = 0.0
        self._cut = -1.0
        self._grown = 0.0
        self._goal = most or 0.0
        self._second = 0
        self._counts = (0, 0)

    def reserve(self) -> float:
        """Takes a token; the seconds until it is there."""
        with self._lock:
            now = time.monotonic()
            self._count(now)
            if self.rate is None:
                return 0.0
            wait = self._full - self._held - now
            self._full = max(self._full, now) + 1.0 / self.rate
            # What rounding left over is no time.
            return wait if wait > 1e-6 else 0.0

    def give_back(self) -> None:
        """Returns a token that was not used."""
        with self._lock:
            if self.rate is not None:
                self._full -= 1.0 / self.rate

    def slow_down(self, sent: float, seconds: float) -> None:
        """Takes a 429 for a call sent at `sent`: a lower rate, once for all that were under way; nothing for `seconds`."""
        with self._lock:
            now = time.monotonic()
            if sent >= self._cut and now >= self._cut + 1.0:
                seen = float(max(self._counts))
                self._cut = self._grown = now
                self._goal = self._most or max(self._goal, seen)
                self.rate = max(CUT * (self.rate or seen), min(SLOWEST, self._goal))
                # What was held in the bucket is gone.
                self._full = max(self._full, now + self._held)
            if self.rate is not None and seconds:
                self._full = max(self._full, now + seconds + self._held)

    def speed_up(self) -> None:
        """Takes an answer: the rate grows back, and without a rate of our own it is dropped at twice what it was."""
        if self.rate == self._most:
            return
        with self._lock:
            if self.rate is None:
                return
            now = time.monotonic()
            self.rate += GROWTH * self._goal * min(now - self._grown, 1.0)
            self._grown = now
            if self._most is not None:
                self.rate = min(self.rate, self._most)
            elif self.rate > 2 * self._goal:
                self.rate, self._goal = None, 0.0

    @property
    def _held(self) -> float:
        """Seconds that a full bucket is ahead: a second's worth of calls but one."""
        return 0.0 if self.rate is None else (max(1.0, self.rate) - 1.0) / self.rate

    def _count(self, now: float) -> None:
        second = int(now)
        if second != self._second:
            self._counts = (0, self._counts[0] if second == self._second + 1 else 0)
            self._second = second
        self._counts = (self._counts[0] + 1, self._counts[1])
