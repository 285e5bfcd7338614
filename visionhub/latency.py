"""How long a provider takes, as measured: a window of its newest answers."""

from __future__ import annotations

import math
from collections import deque
from threading import Lock

WINDOW = 1024
FRESH = 16


class Latencies:
    """Seconds of the newest answers of one provider to one task. Used by many threads."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=WINDOW)
        self._sorted: list[float] = []
        self._new = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._seconds)

    def add(self, seconds: float) -> None:
        """Notes one; for an answer that was not waited for, how long it was."""
        with self._lock:
            self._seconds.append(seconds)
            self._new += 1

    def quantile(self, share: float, doubt: float = 0.0) -> float | None:
        """Seconds within which that share (0..1) came; None before the first. A few answers old at most.

        `doubt` is in standard errors: with 2 it is the lower end of what the true value may be, given how few answers there are.
        """
        with self._lock:
            if self._new >= FRESH or len(self._sorted) < min(len(self._seconds), FRESH):
                self._sorted = sorted(self._seconds)
                self._new = 0
            count = len(self._sorted)
            rank = share * count - doubt * math.sqrt(share * (1 - share) * count)
            return self._sorted[min(max(int(rank), 0), count - 1)] if count else None
