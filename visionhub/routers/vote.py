"""All are asked beside each other, and what enough of them say is the answer; `agreement` says how far they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from visionhub.beside import Parallel
from visionhub.consensus import merged
from visionhub.errors import ConfigError, UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.routers.router import Router, price_of_all, telling
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Vote(Router):
    """`need` of the handlers have to answer, and to name a thing for it to be in the answer. See `consensus.merged`."""

    need: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.need <= len(self.handlers):
            raise ConfigError(
                f"{self.need} of {len(self.handlers)} providers cannot agree.", hint="Ask more, or set a lower `need`."
            )

    def price(self, call: Call[Any]) -> float | None:
        """Of all who vote."""
        return price_of_all(self.handlers, call)

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        if call.task == "generate":
            raise UnsupportedError(
                "Pictures that were made cannot be voted on.", hint="Use another strategy.", task=call.task
            )
        outcomes: list[R | VisionError | None] = yield Parallel([handler(call) for handler in self.handlers])
        answers: list[R] = []
        tried: list[Attempt] = []
        last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
        for outcome in outcomes:
            if isinstance(outcome, VisionError):
                # A refusal stays one, whatever the others say.
                last = telling(last, outcome) if last.elsewhere else last
            elif outcome is not None:
                answers.append(outcome)
            tried.extend(outcome.attempts if outcome is not None else ())
        if len(answers) < self.need:
            last.attempts = tuple(tried)
            raise last
        together = merged(answers, self.need)
        return together.limited(call).model_copy(update={"attempts": tuple(tried)})
