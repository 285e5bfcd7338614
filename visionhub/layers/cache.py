"""Answers a call again that was answered before, without asking anyone, and equal calls that come together only once.

Calls are equal when picture content, options, provider and model version are: never by path or URL. The memory cache keeps
the newest answers of this process, the disk cache (`visionhub[cache]`) those of all processes on this machine, Redis those of several machines.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from visionhub.errors import TimeoutError, VisionError
from visionhub.flow import Flow, Wait, compute, promise
from visionhub.handler import Handler
from visionhub.stores import Store
from visionhub.tasks import Attempt, Call, GenerateCall, Result
from visionhub.tasks.base import R

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(frozen=True, slots=True)
class Cache:
    """See the module."""

    store: Store
    _asking: dict[str, Future[Result | None] | None] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        if is_random(call):
            return (yield from inner(call))
        started = time.perf_counter()
        if unhashed := [picture for picture in call.pictures().values() if not picture.hashed]:
            yield from compute(lambda: [picture.sha256 for picture in unhashed])
        key = fingerprint(call, inner.version(call))
        while True:
            kept = (yield from compute(lambda: self.store.get(key))) if self.store.is_slow else self.store.get(key)
            if kept is not None:
                return _again(cast("R", kept), started)  # it was kept under the key of an equal call
            asking = self._asked_already(key)
            if asking is None:
                return (yield from self._ask(key, inner(call)))
            try:
                other = yield Wait(asking)
            except VisionError as error:
                raise _anew(error, call) from error
            if other is not None:
                return _again(cast("R", other), started)
            # Who asked first gave up, which is no answer to us.

    def _asked_already(self, key: str) -> Future[Result | None] | None:
        """What to wait for if somebody is asking this already; None for the first, who is to ask."""
        with self._lock:
            if key not in self._asking:
                self._asking[key] = None
                return None
            waiting = self._asking[key] = self._asking[key] or promise()
            return waiting

    def _ask(self, key: str, flow: Flow[R]) -> Flow[R]:
        result: R | None = None
        failed: VisionError | None = None
        try:
            result = yield from flow
            if self.store.is_slow:
                found = result
                yield from compute(lambda: self.store.put(key, found))
            else:
                self.store.put(key, result)
        except VisionError as error:
            # A time limit is this caller's own, and so is what its route will add to the error.
            failed = None if isinstance(error, TimeoutError) else error.again()
            raise
        else:
            return result
        finally:
            with self._lock:
                waiting = self._asking.pop(key)
            if waiting is not None and failed is None:
                waiting.set_result(result)
            elif waiting is not None:
                waiting.set_exception(failed)


def _again(found: R, started: float) -> R:
    took = (time.perf_counter() - started) * 1000
    attempt = Attempt(provider=found.provider, outcome="cached", latency_ms=took, cost_usd=0.0)
    usage = found.usage.model_copy(update={"units": 0, "cost_usd": 0.0, "usd_saved": found.usage.cost_usd})
    return found.model_copy(update={"attempts": (attempt,), "usage": usage})


def _anew(told: VisionError, call: Call[Any]) -> VisionError:
    """The error for another one who asked the same: about the picture as that one named it, and charged once."""
    error = told.again()
    error.source = next((picture.name for picture in call.pictures().values()), None)
    error.attempts = tuple(attempt.model_copy(update={"cost_usd": 0.0}) for attempt in told.attempts)
    return error


def is_random(call: Call[Any]) -> bool:
    """Whether the same question is meant to get another answer each time."""
    return isinstance(call, GenerateCall) and call.seed is None


def fingerprint(call: Call[Any], version: str) -> str:
    """The key of a call: its task, options, hashes of its pictures' content, and the model version that would answer it.

    A function in `extra` is only told of what goes on: it changes no answer.
    """
    extra = sorted((name, value) for name, value in call.extra.items() if not callable(value))
    pictures = [picture.sha256 for picture in call.pictures().values()]
    return repr((call.task, version, call.options(), extra, pictures))
