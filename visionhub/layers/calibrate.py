"""One scale of scores for all providers: what a provider calls 0.8 may be right in 60 of 100 cases, and then is 0.6 here.

A curve is fitted from the user's own pictures (`fit`). Without one a provider's scores stay as they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, RootModel, field_validator

from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R

Points = tuple[tuple[float, float], ...]


class Curve(RootModel[Points]):
    """From a provider's score to a calibrated one: straight lines between points `(native, calibrated)`, from (0, 0) to (1, 1)."""

    @field_validator("root")
    @classmethod
    def _rises(cls, points: Points) -> Points:
        whole = ((0.0, 0.0), *(point for point in points if point not in ((0.0, 0.0), (1.0, 1.0))), (1.0, 1.0))
        for (x0, y0), (x1, y1) in pairwise(whole):
            if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
                raise ValueError(
                    f"a curve rises from (0, 0) to (1, 1), and ({x1:g}, {y1:g}) does not follow ({x0:g}, {y0:g})"
                )
        return whole

    def forward(self, score: float) -> float:
        """A provider's score, calibrated."""
        return _between(score, self.root)

    def inverse(self, score: float) -> float:
        """The provider's score for a calibrated one."""
        return _between(score, [(y, x) for x, y in self.root])


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Curves by task word. `min_score` goes down in the provider's scale, every `score` comes up in the common one; `raw` stays."""

    curves: Mapping[str, Curve]

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        curve = self.curves.get(call.task)
        if curve is None:
            return (yield from inner(call))
        asked = getattr(call, "min_score", None)
        below = call if asked is None else call.model_copy(update={"min_score": curve.inverse(asked)})
        result = yield from inner(below)
        raised: R = _scored(result, curve)
        # What lay on the edge may have been rounded over it.
        return raised.limited(call)


def fit(seen: Iterable[tuple[float, bool]]) -> Curve:
    """The curve for pairs of a provider's score (0..1) and whether it was right: isotonic regression, made to rise everywhere.

    Pool adjacent violators: Barlow et al., "Statistical Inference under Order Restrictions", 1972.
    """
    # Of each pool: the sum of the scores, how many were right, how many there are.
    pools: list[tuple[float, float, int]] = []
    for one, was_right in sorted(seen):
        pools.append((one, float(was_right), 1))
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    points: list[tuple[float, float]] = []
    for score, right, count in pools:
        # As if one more of each had been seen: certainty is not found in samples.
        point = (score / count, (right + 1) / (count + 2))
        low = points[-1] if points else (0.0, 0.0)
        if low[0] < point[0] < 1 and low[1] < point[1] < 1:
            points.append(point)
    return Curve(tuple(points))


def _between(value: float, points: Sequence[tuple[float, float]]) -> float:
    if value >= 1.0:
        return 1.0
    at = min(max(bisect_right(points, (value, 2.0)), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return min(max(y0 + (value - x0) * (y1 - y0) / (x1 - x0), 0.0), 1.0)


def _scored(value: Any, curve: Curve) -> Any:
    """A copy with every `score` inside calibrated."""
    match value:
        case BaseModel():
            changed = {
                name: curve.forward(part) if name == "score" and part is not None else _scored(part, curve)
                for name, part in value.__dict__.items()
                if name not in ("raw", "pictures", "usage", "attempts") and part is not None
            }
            return value.model_copy(update=changed)
        case tuple():
            return tuple(_scored(part, curve) for part in value)
        case _:
            return value
