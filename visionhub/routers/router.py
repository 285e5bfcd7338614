"""What every router is: several handlers that look like one, and what it tells of those whose answer was not returned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from visionhub.capability import Capability
from visionhub.errors import UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
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

    def capability(self, task: str) -> Capability | None:
        """That of the first handler that offers the task."""
        return next((found for handler in self.handlers if (found := handler.capability(task))), None)

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


def in_order(handlers: Iterable[Handler], call: Call[R], before: tuple[Attempt, ...] = ()) -> Flow[R]:
    """The first that can answer: the next is asked when one fails in a way that another may not.

    A refusal, bad input and a passed deadline end the search: another provider would not help. So does a picture that may have
    been made, and billed, although no answer came. When all fail, the last telling error is raised; its `attempts` list every try.
    """
    failed = before
    last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
    for handler in handlers:
        if is_made_twice(call, last) and handler.is_remote:
            break
        try:
            result = yield from handler(call)
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
