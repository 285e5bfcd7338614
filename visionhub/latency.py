"""How long a provider takes, as measured: a window of its newest answers."""

from __future__ import annotations

from collections import deque
from threading import Lock

WINDOW = 256
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

    def quantile(self, share: float) -> float | None:
        """Seconds within which that share (0..1) came; None before the first. A few answers old at most."""
        with self._lock:
            if self._new >= FRESH or len(self._sorted) < min(len(self._seconds), FRESH):
                self._sorted = sorted(self._seconds)
                self._new = 0
            if not self._sorted:
                return None
            return self._sorted[min(int(share * len(self._sorted)), len(self._sorted) - 1)]
