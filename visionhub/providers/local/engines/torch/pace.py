"""How many questions make a batch."""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median_low
from typing import Final

# Measurements of a size before it is judged, and how many of the last ones count.
TRIALS: Final = 2
KEPT: Final = 5
# One batch in so many is of another size than the best, lest a judgement stay that was wrong.
AGAIN: Final = 16


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
        sizes = [size for size in self._sizes() if size <= there]
        for size in sizes:
            if len(self._taken[size]) < TRIALS:
                return size
        self._batches += 1
        if self._batches % AGAIN == 0:
            return sizes[self._batches // AGAIN % len(sizes)]
        judged = [size for size in self._taken if self._taken[size]]
        return min(there, min(judged, key=lambda size: median_low(self._taken[size])))

    def note(self, size: int, took: float) -> None:
        """That a batch of that size took so long, in any unit."""
        if self._learns and size in self._sizes():
            self._taken[size].append(took / size)

    def shrink(self, failed: int) -> None:
        """That a batch of that size did not fit into memory."""
        self.most = max(1, min(self.most, failed // 2))

    def _sizes(self) -> list[int]:
        return [2**power for power in range(self.most.bit_length())]
