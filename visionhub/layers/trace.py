"""The outermost layer: every answer gets a request id, its latency and its picture, every call one line in the log.

The log is Python's own, logger `visionhub`: answers at DEBUG, errors at INFO, with the same facts as `extra` fields. Neither
pictures nor options nor secrets are written.
"""

from __future__ import annotations

import logging
import random
import time

from visionhub.errors import VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R, spent

log = logging.getLogger("visionhub")


class Trace:
    """See the module."""

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        started = time.perf_counter()
        try:
            result = yield from inner(call)
        except VisionError as error:
            error.locate(source=next((picture.name for picture in call.pictures().values()), None), task=call.task)
            _log(logging.INFO, call, error.provider, type(error).__name__, time.perf_counter() - started)
            raise
        took = time.perf_counter() - started
        _log(logging.DEBUG, call, result.provider, "ok", took)
        known: dict[str, float | None] = {"latency_ms": took * 1000}
        if len(result.attempts) > 1:
            known["cost_usd"] = spent(result.attempts)
        return result.about(
            *call.pictures().values(),
            usage=result.usage.model_copy(update=known),
            request_id=result.request_id or f"{random.getrandbits(128):032x}",
        )


def _log(level: int, call: Call[R], provider: str | None, outcome: str, seconds: float) -> None:
    if log.isEnabledFor(level):
        facts = {"task": call.task, "provider": provider, "outcome": outcome, "latency_ms": seconds * 1000}
        log.log(level, "%s %s %s %.1f ms", call.task, provider, outcome, seconds * 1000, extra=facts)
