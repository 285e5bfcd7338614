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
    """At most `most`; where it `learns`, as many as make each question cheapest.

    On a GPU more is always cheaper, up to a point. On the CPU one large picture fills the caches, and two hinder each other.
    """

    def __init__(self, most: int, *, learns: bool = False) -> None:
        self.most = most
        self._learns = learns
        self._aim = 1 if learns else most
        self._taken: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._batches = 0

    @property
    def size(self) -> int:
        """How many questions make the next batch, if there are so many."""
        return min(self._aim, self.most)

    def note(self, size: int, took: float) -> None:
        """That a batch of that size took so long, in any unit."""
        if self._learns and size.bit_count() == 1:
            self._taken[size].append(took / size)
            self._aim = self._next()

    def shrink(self, failed: int) -> None:
        """That a batch of that size did not fit into memory."""
        self.most = max(1, min(self.most, failed // 2))

    def _next(self) -> int:
        judged = [size for size, taken in self._taken.items() if len(taken) >= TRIALS and size <= self.most]
        best = min(judged, key=lambda size: median_low(self._taken[size]), default=1)
        others = [size for size in (2 * best, best // 2) if 1 <= size <= self.most]
        for size in (best, *others):
            if len(self._taken[size]) < TRIALS:
                return size
        self._batches += 1
        if others and self._batches % AGAIN == 0:
            return others[self._batches // AGAIN % len(others)]
        return best
