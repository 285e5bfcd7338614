"""One clock for the whole call: whatever the flow below wants done may take no longer than what is left."""

from __future__ import annotations

import time
from dataclasses import dataclass

from visionhub.errors import TimeoutError
from visionhub.flow import Effect, Flow, Sleep, timed
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Deadline:
    """Raises `TimeoutError` once `seconds` have passed, or at once before a sleep that would pass them."""

    seconds: float

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        ends = time.monotonic() + self.seconds
        flow = inner(call)
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = yield self._bounded(effect, ends - time.monotonic(), call)
                except Exception as error:
                    # What had only the rest of the time says so; the caller is told the whole.
                    is_over = isinstance(error, TimeoutError) and time.monotonic() >= ends
                    effect = flow.throw(self._passed(call) if is_over else error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            result: R = stop.value
            return result
        finally:
            flow.close()

    def _bounded(self, effect: Effect, left: float, call: Call[R]) -> Effect:
        needed = effect.seconds if isinstance(effect, Sleep) else 0.0
        if left <= needed:
            raise self._passed(call)
        return timed(effect, left)

    def _passed(self, call: Call[R]) -> TimeoutError:
        return TimeoutError(f"The time limit of {self.seconds:g} s passed.", task=call.task)
