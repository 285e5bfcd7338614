"""The outermost layer: every answer gets a request id, its latency and its picture, every call one line in the log.

The log is Python's own, logger `visionhub`: answers at DEBUG, errors at INFO, with the facts as `extra` fields: task, provider, model,
outcome, latency_ms, cost_usd, request_id, and the number of attempts. Neither pictures nor options nor secrets are written.
"""

from __future__ import annotations

import logging
import random
import time

from visionhub.errors import VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.tasks import Call, Result
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
            if log.isEnabledFor(logging.INFO):
                _log(logging.INFO, call, error, type(error).__name__, time.perf_counter() - started)
            raise
        took = time.perf_counter() - started
        known: dict[str, float | None] = {"latency_ms": took * 1000}
        if len(result.attempts) > 1:
            known["cost_usd"] = spent(result.attempts)
        result = result.about(
            *call.pictures().values(),
            usage=result.usage.model_copy(update=known),
            request_id=result.request_id or f"{random.getrandbits(128):032x}",
        )
        if log.isEnabledFor(logging.DEBUG):
            _log(logging.DEBUG, call, result, "ok", took)
        return result


def _log(level: int, call: Call[R], ended: R | VisionError, outcome: str, seconds: float) -> None:
    model, cost = (
        (ended.model, ended.usage.cost_usd) if isinstance(ended, Result) else (call.model, spent(ended.attempts))
    )
    facts = {
        "task": call.task, "provider": ended.provider, "model": model, "outcome": outcome, "latency_ms": seconds * 1000, "cost_usd": cost,
        "request_id": ended.request_id, "attempts": len(ended.attempts),
    }  # fmt: skip
    log.log(level, "%s %s %s %.1f ms", call.task, ended.provider, outcome, seconds * 1000, extra=facts)
