"""The first handler that can answer: the next is asked when one fails in a way that another may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from visionhub.capability import Capability
from visionhub.errors import UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Fallback:
    """Asks `handlers` in order. A refusal, bad input and a passed deadline end the search: another provider would not help.

    When all fail, the last telling error is raised; its `attempts` list every try.
    """

    handlers: Sequence[Handler]

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

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        failed: tuple[Attempt, ...] = ()
        last: VisionError = UnsupportedError("There is no provider to ask.", task=call.task)
        for handler in self.handlers:
            try:
                result = yield from handler(call)
            except VisionError as error:
                failed += error.attempts
                if not error.elsewhere:
                    error.attempts = failed
                    raise
                # "It does not do that" says less than why the one that does it failed.
                last = last if isinstance(error, UnsupportedError) and last.attempts else error
            else:
                return result.model_copy(update={"attempts": failed + result.attempts}) if failed else result
        last.attempts = failed
        raise last
