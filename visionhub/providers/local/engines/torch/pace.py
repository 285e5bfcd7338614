"""How many questions make a batch."""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median_low
from typing import Final

# Measurements of a size before it is judged, and how many of the last ones count.
TRIALS: Final = 2
KEPT: Final = 5
# One batch in so many is half or twice the best, lest a judgement stay that was wrong.
AGAIN: Final = 32


class Pace:
    """Takes as many questions as there are, at most `most`; where it `learns`, as many as make each of them cheapest.

    On a GPU more is always cheaper, up to a point. On the CPU one large picture fills the caches, and two hinder each other.
    """

    def __init__(self, most: int, *, learns: bool = False) -> None:
        self.most = most
        self._learns = learns
        self._taken: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._batches = 0

    def size(self, there: int) -> int:
        """How many of those that are there make the next batch."""
        there = min(there, self.most)
        if not self._learns:
            return there
        best = self._best()
        sizes = [size for size in (best, 2 * best, best // 2) if 1 <= size <= there]
        for size in sizes:
            if len(self._taken[size]) < TRIALS:
                return size
        self._batches += 1
        if self._batches % AGAIN == 0 and sizes:
            return sizes[self._batches // AGAIN % len(sizes)]
        return min(there, best)

    def note(self, size: int, took: float) -> None:
        """That a batch of that size took so long, in any unit."""
        self._taken[size].append(took / size)

    def shrink(self, failed: int) -> None:
        """That a batch of that size did not fit into memory."""
        self.most = max(1, min(self.most, failed // 2))

    def _best(self) -> int:
        """Of the powers of two."""
        judged = [size for size, taken in self._taken.items() if len(taken) >= TRIALS and size.bit_count() == 1]
        return min(
            (size for size in judged if size <= self.most), key=lambda size: median_low(self._taken[size]), default=1
        )
