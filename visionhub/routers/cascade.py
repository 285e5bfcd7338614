"""The first answer that is good enough: the next handler is asked when one fails, or when its answer is not accepted."""

from __future__ import annotations

from dataclasses import dataclass, field

from visionhub.consensus import agreement, confidence, is_empty
from visionhub.errors import UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.routers.router import Router, after, in_time, left, telling
from visionhub.tasks import Attempt, Call, Warning
from visionhub.tasks.base import R, Result, Score, is_made_twice
from visionhub.value import Value


class Accept(Value):
    """When an answer is good enough; every rule that is given must hold.

    min_score  its confidence (see `consensus.confidence`) is at least this; an answer without scores is not sure enough
    nonempty   something was found
    agreement  it agrees so far (0..1, see `consensus.agreement`) with the answer before it: a second opinion is always asked
    """

    min_score: Score | None = None
    nonempty: bool = False
    agreement: Score | None = None

    def objection(self, answer: Result, before: Result | None) -> str | None:
        """Why the answer is not accepted, or None."""
        if self.nonempty and is_empty(answer):
            return "nothing was found"
        if self.min_score is not None:
            sure = confidence(answer)
            if sure is None or sure < self.min_score:
                known = "unknown" if sure is None else f"{sure:.2f}"
                return f"its score is {known}, below {self.min_score:g}"
        if self.agreement is not None:
            if before is None:
                return "a second opinion is asked"
            agreed = agreement(before, answer)
            if agreed is None or agreed < self.agreement:
                return f"it agrees {agreed or 0.0:.2f} with {before.provider}, below {self.agreement:g}"
        return None


@dataclass(frozen=True, eq=False)
class Cascade(Router):
    """Asks `handlers` in order until an answer satisfies `accept`. If none does, the last answer is returned with a warning."""

    accept: Accept = field(default_factory=Accept)

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        tried: tuple[Attempt, ...] = ()
        best: R | None = None
        objection = ""
        last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
        for number, handler in enumerate(self.handlers, 1):
            if is_made_twice(call, last) and handler.is_remote:
                break
            try:
                answer = yield from in_time(handler, call, is_last=number == len(self.handlers))
            except VisionError as error:
                tried += error.attempts
                if not error.elsewhere and best is None:
                    error.attempts = tried
                    raise
                last = last if is_made_twice(call, last) else telling(last, error)
                if not error.elsewhere:
                    break
                continue
            said = self.accept.objection(answer, best)
            if said is None:
                return after(tried, answer)
            tried += left(answer, said)
            best, objection = answer, said
        if best is None:
            last.attempts = tried
            raise last
        doubt = Warning(code="not_accepted", message=f"No answer was good enough; of the last one, {objection}.")
        return best.warned(doubt).model_copy(update={"attempts": tried})
