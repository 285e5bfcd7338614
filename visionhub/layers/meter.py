"""Counts what a provider did, by task: for `hub.status()`."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from visionhub.errors import VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.latency import Latencies
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Meter:
    """See the module."""

    _counts: dict[str, _Count] = field(default_factory=dict, repr=False)

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        count = self._counts.get(call.task) or self._counts.setdefault(call.task, _Count())
        started = time.perf_counter()
        try:
            result = yield from inner(call)
        except VisionError as error:
            count.note(type(error).__name__)
            if not error.attempts:
                # Whoever was passed over, by breaker, rate or budget, is told of as well.
                error.attempts = (_passed_over(inner.name, error),)
            raise
        outcome = result.attempts[-1].outcome if result.attempts else "ok"
        count.note(outcome, result.usage.cost_usd, result.usage.usd_saved)
        if outcome != "cached":
            count.latencies.add(time.perf_counter() - started)
        return result

    def status(self) -> dict[str, Any]:
        """By task: outcomes (`ok`, `cached`, errors by their class), seconds, USD of the answers whose cost is known."""
        return {task: count.status() for task, count in self._counts.items()}


def _passed_over(name: str, error: VisionError) -> Attempt:
    return Attempt(provider=name, outcome="refused", latency_ms=0.0, cost_usd=0.0, reason=error.reason)


class _Count:
    def __init__(self) -> None:
        self.latencies = Latencies()
        self._outcomes: Counter[str] = Counter()
        self._usd = self._saved = 0.0
        self._lock = Lock()

    def note(self, outcome: str, usd: float | None = None, saved: float | None = None) -> None:
        """Takes one call."""
        with self._lock:
            self._outcomes[outcome] += 1
            self._usd += usd or 0.0
            self._saved += saved or 0.0

    def status(self) -> dict[str, Any]:
        """See `Meter.status`."""
        p50, p95 = self.latencies.quantile(0.5), self.latencies.quantile(0.95)
        known = {"usd": self._usd, "usd_saved": self._saved}
        return {"outcomes": dict(self._outcomes), "p50_s": p50, "p95_s": p95, **known}
