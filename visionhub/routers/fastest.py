"""Whoever has been quickest of late, by the median of its newest answers; now and then another, to know how it does."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from visionhub.flow import Flow
from visionhub.handler import Handler, Layered
from visionhub.latency import Latencies
from visionhub.routers.router import Router, in_order
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Fastest(Router):
    """`explore`: the share (0..1) of calls that go to one drawn by lot. One that was never measured is asked first."""

    explore: float = 0.05
    lots: random.Random = field(default_factory=random.Random, repr=False)
    _measured: dict[tuple[int, str], Latencies] = field(
        init=False, repr=False, default_factory=lambda: defaultdict(Latencies)
    )

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        return in_order(self._by_speed(call), call)

    def status(self) -> dict[str, Any]:
        """Median seconds by `provider task`."""
        known = {(self.handlers[index].name, task): times for (index, task), times in list(self._measured.items())}
        return {f"{name} {task}": times.quantile(0.5) for (name, task), times in known.items()}

    def _by_speed(self, call: Call[Any]) -> Iterator[Handler]:
        order = sorted(range(len(self.handlers)), key=lambda index: self._median(index, call.task))
        if len(order) > 1 and self.lots.random() < self.explore:
            order.insert(0, order.pop(self.lots.randrange(1, len(order))))
        for index in order:
            yield Layered(_Clock(self._measured[index, call.task]), self.handlers[index])

    def _median(self, index: int, task: str) -> float:
        return self._measured[index, task].quantile(0.5) or 0.0


@dataclass(frozen=True, slots=True)
class _Clock:
    """Notes how long answers took, and how long it took to fail, that one that only fails is not asked first for ever."""

    latencies: Latencies

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        started = time.perf_counter()
        asked = True
        try:
            result = yield from inner(call)
            asked = not result.attempts or result.attempts[-1].outcome != "cached"
            return result
        finally:
            if asked:
                self.latencies.add(time.perf_counter() - started)
