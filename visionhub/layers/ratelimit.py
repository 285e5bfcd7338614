"""Asks a provider no faster than it allows: a token bucket, which slows down by itself when the provider says "too many".

The bucket is kept as the moment at which it will be full (the generic cell rate algorithm, ITU-T I.371), so a caller knows at once
how long to sleep and nothing stands in a queue. After a 429 the rate falls to the share of it that the provider took of late, at most once a
second, and grows by a fifth a second until it is what it was; `retry_after` holds everybody.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from visionhub.errors import RateLimitError
from visionhub.flow import Flow, Sleep
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R

DEEPEST_CUT, GROWTH, LATELY = 0.5, 0.2, 64
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
        self._peak = 0.0
        self._taken: deque[bool] = deque(maxlen=LATELY)
        self._sent: deque[float] = deque(maxlen=LATELY)

    def reserve(self) -> float:
        """Takes a token; the seconds until it is there."""
        with self._lock:
            now = time.monotonic()
            if self.rate is None:
                self._sent.append(now)
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
            self._taken.append(False)
            if sent >= self._cut and now >= self._cut + 1.0:
                self._cut = self._grown = now
                before = self.rate or self._seen(now)
                self._peak = max(self._peak, before)
                share = sum(self._taken) / len(self._taken)
                self.rate = max(before * max(share, DEEPEST_CUT), min(SLOWEST, self._most or SLOWEST))
                # What was held in the bucket is gone.
                self._full = max(self._full, now + self._held)
            if self.rate is not None and seconds:
                self._full = max(self._full, now + seconds + self._held)

    def speed_up(self) -> None:
        """Takes an answer: the rate grows back, and without a rate of our own it is dropped at twice what it was."""
        self._taken.append(True)
        if self.rate == self._most:
            return
        with self._lock:
            if self.rate is None:
                return
            now = time.monotonic()
            self.rate *= 1.0 + GROWTH * min(now - self._grown, 1.0)
            self._grown = now
            if self._most is not None:
                self.rate = min(self.rate, self._most)
            elif self.rate > 2 * self._peak:
                self.rate, self._peak = None, 0.0

    def _seen(self, now: float) -> float:
        """Calls a second that were sent of late."""
        lately = [moment for moment in self._sent if moment > now - 1.0]
        return max(len(lately) / (now - lately[0]) if lately and now > lately[0] else 0.0, 2 * SLOWEST)

    @property
    def _held(self) -> float:
        """Seconds that a full bucket is ahead: a second's worth of calls but one."""
        return 0.0 if self.rate is None else (max(1.0, self.rate) - 1.0) / self.rate
