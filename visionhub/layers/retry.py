"""Tries again what may succeed a little later, after a growing, random wait.

The wait is drawn from 0 to `base * 2 ** tries` seconds ("full jitter"), so that many callers who failed together do not
return together; a provider's `retry_after` is obeyed. The formula: Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from visionhub.errors import TimeoutError, TransportError, VisionError
from visionhub.flow import Flow, Sleep
from visionhub.handler import Handler
from visionhub.tasks import Attempt, Call, GenerateCall
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Retry:
    """At most `attempts` tries; no single wait beyond `longest` seconds, asked for or drawn: then the error is raised."""

    attempts: int = 3
    base: float = 0.25
    longest: float = 20.0
    draw: Callable[[float, float], float] = random.uniform

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        failed: tuple[Attempt, ...] = ()
        tries = 0
        while True:
            tries += 1
            try:
                result = yield from inner(call)
            except VisionError as error:
                failed += error.attempts
                wait = self._wait(tries, error)
                if (
                    not error.retryable
                    or _is_billed_twice(call, error)
                    or tries >= self.attempts
                    or wait > self.longest
                ):
                    error.attempts = failed
                    raise
                try:
                    yield Sleep(wait)
                except TimeoutError as late:
                    late.attempts = failed
                    late.locate(source=error.source, provider=error.provider)
                    raise late from error
            else:
                return result.model_copy(update={"attempts": failed + result.attempts}) if failed else result

    def _wait(self, tries: int, error: VisionError) -> float:
        drawn = self.draw(0.0, min(self.longest, self.base * 2.0**tries))
        return max(drawn, error.retry_after or 0.0)


def _is_billed_twice(call: Call[R], error: VisionError) -> bool:
    """A picture may have been made, and billed, although the line broke before it came."""
    return isinstance(call, GenerateCall) and isinstance(error, TransportError)
