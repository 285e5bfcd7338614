"""Tries again what may succeed a little later, after a growing, random wait.

The wait is drawn from 0 to `base * 2 ** tries` seconds ("full jitter"), so that many callers who failed together do not
return together; a provider's `retry_after` is obeyed. The formula: Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015.

All calls of a provider share an allowance of retries, so that a provider that is down is not asked three times as often: each retry takes
`COST` of it, one that succeeds gives that back, every other answer gives back 1. The numbers are those of the AWS SDKs' "standard" mode.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from visionhub.errors import VisionError
from visionhub.flow import Flow, Sleep
from visionhub.handler import Handler
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R, is_made_twice

ALLOWANCE, COST = 500, 5


@dataclass(frozen=True, slots=True)
class Retry:
    """At most `attempts` tries; no single wait beyond `longest` seconds, asked for or drawn: then the error is raised."""

    attempts: int = 3
    base: float = 0.25
    longest: float = 20.0
    draw: Callable[[float, float], float] = random.uniform
    _left: list[int] = field(default_factory=lambda: [ALLOWANCE], repr=False)

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
                if not self._may_again(call, error, tries) or wait > self.longest:
                    error.attempts = failed
                    raise
                self._left[0] -= COST
                try:
                    yield Sleep(wait)
                except VisionError:
                    # There is no time to wait for this provider, but perhaps for another to answer.
                    error.attempts = failed
                    raise error from None
            else:
                # Not locked: a count that is off by a few does no harm.
                self._left[0] = min(ALLOWANCE, self._left[0] + (COST if failed else 1))
                return result.model_copy(update={"attempts": failed + result.attempts}) if failed else result

    def status(self) -> dict[str, Any]:
        """Tries at most, and the share (0..1) of the allowance that is left."""
        return {"attempts": self.attempts, "allowance": self._left[0] / ALLOWANCE}

    def _may_again(self, call: Call[R], error: VisionError, tries: int) -> bool:
        return error.retryable and tries < self.attempts and self._left[0] >= COST and not is_made_twice(call, error)

    def _wait(self, tries: int, error: VisionError) -> float:
        drawn = self.draw(0.0, min(self.longest, self.base * 2.0**tries))
        return max(drawn, error.retry_after or 0.0)
