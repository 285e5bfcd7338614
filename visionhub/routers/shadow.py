"""The first handler answers; some calls are shown to the others too, to compare. Nobody waits for them, nothing of theirs is returned.

Each comparison is a line of the logger `visionhub` (INFO) with its numbers as `extra` fields; `hub.status()` has the sums.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from visionhub.beside import Aside
from visionhub.consensus import agreement
from visionhub.errors import VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.routers.router import Router
from visionhub.tasks import Call, Result
from visionhub.tasks.base import R

log = logging.getLogger("visionhub")


@dataclass(frozen=True, eq=False)
class Shadow(Router):
    """`share` (0..1) of the answered calls go to each candidate as well, at most `most` at a time: beyond that they are left out."""

    share: float = 0.1
    most: int = 8
    lots: random.Random = field(default_factory=random.Random, repr=False)
    _seen: dict[str, _Seen] = field(init=False, repr=False, default_factory=dict)
    _under_way: list[int] = field(init=False, repr=False, default_factory=lambda: [0])
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)

    @property
    def name(self) -> str:
        """Of the one that answers."""
        return self.handlers[0].name

    def capability(self, task: str, model: str | None = None) -> Any:
        """Of the one that answers."""
        return self.handlers[0].capability(task, model)

    def version(self, call: Call[Any]) -> str:
        """Of the one that answers."""
        return self.handlers[0].version(call)

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        first, *candidates = self.handlers
        started = time.perf_counter()
        answer = yield from first(call)
        took = time.perf_counter() - started
        for candidate in candidates if call.task != "generate" else ():
            if self.lots.random() < self.share and self._enter():
                yield Aside(self._compared(call, answer, took, candidate))
        return answer

    def status(self) -> dict[str, Any]:
        """By candidate: calls, failures, mean agreement (0..1), its mean seconds and those of the answers it is compared with."""
        return {name: seen.status() for name, seen in list(self._seen.items())}

    def _enter(self) -> bool:
        with self._lock:
            if self._under_way[0] >= self.most:
                return False
            self._under_way[0] += 1
            return True

    def _compared(self, call: Call[R], answer: Result, took: float, candidate: Handler) -> Flow[None]:
        started = time.perf_counter()
        error: str | None = None
        agreed: float | None = None
        cost: float | None = None
        try:
            other = yield from candidate(call)
            agreed, cost = agreement(answer, other), other.usage.cost_usd
        except VisionError as failed:
            error = type(failed).__name__
        finally:
            with self._lock:
                self._under_way[0] -= 1
        seconds = time.perf_counter() - started
        facts = {"task": call.task, "provider": answer.provider, "candidate": candidate.name, "agreement": agreed}
        facts |= {"latency_ms": took * 1000, "candidate_ms": seconds * 1000, "candidate_usd": cost, "error": error}
        words = "failed" if error else "no comparison" if agreed is None else f"agreement {agreed:.2f}"
        log.info("%s shadow of %s by %s: %s", call.task, answer.provider, candidate.name, words, extra=facts)
        with self._lock:
            self._seen.setdefault(candidate.name, _Seen()).note(agreed, took, seconds, is_error=error is not None)


@dataclass
class _Seen:
    calls: int = 0
    failures: int = 0
    compared: int = 0
    agreed: float = 0.0
    seconds: float = 0.0
    own: float = 0.0

    def note(self, agreed: float | None, seconds: float, own: float, *, is_error: bool) -> None:
        self.calls += 1
        self.failures += is_error
        if agreed is not None:
            self.compared += 1
            self.agreed += agreed
        self.seconds += seconds
        self.own += own

    def status(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "failures": self.failures,
            "agreement": self.agreed / self.compared if self.compared else None,
            "mean_s": self.own / self.calls,
            "compared_with_s": self.seconds / self.calls,
        }
