"""What every router is: several handlers that look like one, and what it tells of those whose answer was not returned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from visionhub.capability import Capability
from visionhub.errors import TransportError, UnsupportedError, VisionError
from visionhub.flow import Flow, Left, until
from visionhub.handler import Handler, Layered
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R, Result, is_made_twice


@dataclass(frozen=True, eq=False)
class Router:
    """Several `handlers` as one. Each kind of router says whom it asks, and when, in `__call__`."""

    handlers: Sequence[Handler]

    def over(self, handlers: Sequence[Handler]) -> Self:
        """The same strategy over other handlers."""
        return replace(self, handlers=handlers)

    @property
    def name(self) -> str:
        """See `Handler`."""
        return "|".join(handler.name for handler in self.handlers)

    @property
    def is_remote(self) -> bool:
        """See `Handler`."""
        return any(handler.is_remote for handler in self.handlers)

    def capability(self, task: str, model: str | None = None) -> Capability | None:
        """That of the first handler that offers the task."""
        return next((found for handler in self.handlers if (found := handler.capability(task, model))), None)

    def price(self, call: Call[Any]) -> float | None:
        """USD of those who are asked if all goes well; None if that is unknown. Here the first that offers the task."""
        offering = (handler for handler in self.handlers if handler.capability(call.task, call.model))
        return price(next(offering, self.handlers[0]), call)

    def version(self, call: Call[Any]) -> str:
        """See `Handler`."""
        return "|".join(handler.version(call) for handler in self.handlers)

    def close(self) -> None:
        """See `Handler`."""
        for handler in self.handlers:
            handler.close()

    def status(self) -> dict[str, Any]:
        """What it has measured."""
        return {}

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        raise NotImplementedError


def price(handler: Handler, call: Call[Any]) -> float | None:
    """USD for a call, as far as that is known beforehand, at the price of the first tier."""
    handler = handler.innermost if isinstance(handler, Layered) else handler
    if isinstance(handler, Router):
        return handler.price(call)
    capability = handler.capability(call.task, call.model)
    return capability.cost(call) if capability else None


def price_of_all(handlers: Iterable[Handler], call: Call[Any]) -> float | None:
    """USD if every one of them is asked; None if one's price is unknown."""
    known = [price(handler, call) for handler in handlers]
    return None if None in known else sum(filter(None, known))


SHARE = 0.6
"""Of the time that is left, what one who is followed by another may take: a fallback that comes too late is none."""


def in_time(handler: Handler, call: Call[R], *, is_last: bool) -> Flow[R]:
    """One handler's answer, in its share of the time, if there is a limit."""
    left = None if is_last else (yield Left())
    if left is None:
        return (yield from handler(call))

    def passed() -> VisionError:
        return TransportError(
            f"{handler.name} took more than {SHARE:.0%} of the time that was left.", hint="Allow the call more time.", task=call.task
        )  # fmt: skip

    return (yield from until(SHARE * left, handler(call), passed))


def in_order(handlers: Iterable[Handler], call: Call[R], before: tuple[Attempt, ...] = ()) -> Flow[R]:
    """The first that can answer: the next is asked when one fails in a way that another may not.

    A refusal, bad input and a passed deadline end the search: another provider would not help. So does a picture that may have
    been made, and billed, although no answer came. When all fail, the last telling error is raised; its `attempts` list every try.
    """
    failed = before
    last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
    several = tuple(handlers)
    for number, handler in enumerate(several, 1):
        if is_made_twice(call, last) and handler.is_remote:
            break
        try:
            result = yield from in_time(handler, call, is_last=number == len(several))
        except VisionError as error:
            failed += error.attempts
            if not error.elsewhere:
                error.attempts = failed
                raise
            last = last if is_made_twice(call, last) else telling(last, error)
        else:
            return after(failed, result)
    last.attempts = failed
    raise last


def telling(last: VisionError, error: VisionError) -> VisionError:
    """Of two errors the one to raise: "it does not do that" says less than why the one that does it failed."""
    return last if isinstance(error, UnsupportedError) and last.attempts else error


def after(attempts: Sequence[Attempt], result: R) -> R:
    """The answer, with what was tried before it."""
    return result.model_copy(update={"attempts": (*attempts, *result.attempts)}) if attempts else result


def left(result: Result, reason: str) -> tuple[Attempt, ...]:
    """The attempts of an answer that is not returned."""
    *earlier, last = result.attempts or (Attempt(provider=result.provider, outcome="ok", latency_ms=0.0),)
    return (*earlier, last.model_copy(update={"outcome": "left", "reason": reason}))
