"""Several are asked beside each other; the first answer is returned, the others are cancelled. Every one of them may charge."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from visionhub.beside import Parallel, UnheardError
from visionhub.errors import UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.latency import Latencies
from visionhub.routers.router import Router, after, in_order, left, price_of_all, telling
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R

QUICKER = "another was quicker"


@dataclass(frozen=True, eq=False)
class Race(Router):
    """All at once. `generate` is raced only if it is asked for: every picture made is billed."""

    generate: bool = False

    def price(self, call: Call[Any]) -> float | None:
        """Of all who run."""
        return price_of_all(self.handlers, call) if self._races(call) else super().price(call)

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        if not self._races(call):
            return (yield from in_order(self.handlers, call))
        started = time.perf_counter()
        flows = [handler(call) for handler in self.handlers]
        outcomes: list[R | VisionError | None] = yield Parallel(flows, enough=1, delay=self._delay(call))
        took = time.perf_counter() - started
        self._note(call, outcomes, took)
        tried: list[Attempt] = []
        won: R | None = None
        last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
        for handler, outcome in zip(self.handlers, outcomes, strict=True):
            match outcome:
                case UnheardError():
                    tried.append(_cancelled(handler, call, took))
                case VisionError():
                    tried.extend(outcome.attempts)
                    last = telling(last, outcome) if last.elsewhere else last
                case None:
                    pass
                case _ if won is None:
                    won = outcome
                case _:
                    tried.extend(left(outcome, QUICKER))
        if won is None:
            last.attempts = tuple(tried)
            raise last
        return after(tried, won)

    def _races(self, call: Call[Any]) -> bool:
        return self.generate or not self.is_remote or call.task != "generate"

    def _delay(self, call: Call[Any]) -> float:
        """Seconds until the next one is asked too."""
        del call
        return 0.0

    def _note(self, call: Call[Any], outcomes: Sequence[object], seconds: float) -> None:
        """Takes how it went."""


@dataclass(frozen=True, eq=False)
class Hedge(Race):
    """One after another, but the next is asked too if one takes longer than usual.

    quantile     "usual" is what this share (0..1) of the newest answers of the first provider took
    first_delay  seconds to wait until `least` answers are measured

    After Dean and Barroso, "The Tail at Scale", Communications of the ACM, 2013.
    """

    quantile: float = 0.95
    first_delay: float = 1.0
    least: int = 20
    _measured: dict[str, Latencies] = field(init=False, repr=False, default_factory=lambda: defaultdict(Latencies))

    def price(self, call: Call[Any]) -> float | None:
        """Of the first: the second is the exception."""
        return Router.price(self, call)

    def status(self) -> dict[str, Any]:
        """Seconds after which a second provider is asked, by task."""
        return {task: self._wait(times) for task, times in list(self._measured.items())}

    def _delay(self, call: Call[Any]) -> float:
        return self._wait(self._measured[call.task])

    def _wait(self, measured: Latencies) -> float:
        # Where the slow ones are as many as the quantile leaves out, it lies among them half of the time. To ask a little too early
        # costs a little, to ask too late costs the whole tail.
        usual = measured.quantile(self.quantile, doubt=2) if len(measured) >= self.least else None
        return self.first_delay if usual is None else usual

    def _note(self, call: Call[Any], outcomes: Sequence[object], seconds: float) -> None:
        first = outcomes[0]
        # Of one that lost it is known only that it was slower than this; to leave it out would make "usual" ever shorter.
        is_answer = isinstance(first, UnheardError) or not isinstance(first, VisionError)
        attempts: tuple[Attempt, ...] = getattr(first, "attempts", ())
        if is_answer and not (attempts and attempts[-1].outcome == "cached"):
            self._measured[call.task].add(seconds)


def _cancelled(handler: Handler, call: Call[Any], seconds: float) -> Attempt:
    capability = handler.capability(call.task, call.model)
    cost = capability.cost(call) if capability else None
    took = seconds * 1000
    return Attempt(provider=handler.name, outcome="cancelled", latency_ms=took, cost_usd=cost, reason=QUICKER)
