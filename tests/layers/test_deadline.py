"""Deadline: one clock for everything below it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.layers.conftest import Played
from visionhub.config import Settings
from visionhub.errors import ProviderError, TimeoutError
from visionhub.flow import Compute, Flow, Send, Sleep, run
from visionhub.hub import AsyncHub, Hub
from visionhub.layers.deadline import Deadline
from visionhub.layers.retry import Retry
from visionhub.tasks import Call, DetectCall, Detections
from visionhub.tasks.base import R
from visionhub.testing import FakeProvider, ScriptedWire
from visionhub.wire import Request


class Slow(FakeProvider):
    """Computes until it is released."""

    def __init__(self, result: Detections) -> None:
        super().__init__(result)
        self.release = threading.Event()

    def __call__(self, call: Call[R]) -> Flow[R]:
        yield Compute(lambda: self.release.wait(10))
        return (yield from super().__call__(call))


def test_effects_get_what_is_left_of_the_time(call: DetectCall) -> None:
    class Sending(FakeProvider):
        def __call__(self, call: Call[R]) -> Flow[R]:
            yield Send(ScriptedWire(), Request("x"))
            raise AssertionError

    flow = Deadline(5).handle(call, Sending())
    effect = next(flow)
    assert isinstance(effect, Send)
    assert effect.timeout is not None
    assert 4 < effect.timeout <= 5
    flow.close()


def test_a_sleep_that_would_pass_the_limit_is_not_slept(play: Played, call: DetectCall) -> None:
    class Sleeping(FakeProvider):
        def __call__(self, call: Call[R]) -> Flow[R]:
            yield Sleep(10)
            raise AssertionError

    with pytest.raises(TimeoutError, match="5 s"):
        play(Deadline(5).handle(call, Sleeping()))
    assert play.sleeps == []


def test_errors_pass_through_and_can_be_retried_below(play: Played, call: DetectCall, found: Detections) -> None:
    class Retrying(FakeProvider):
        def __call__(self, call: Call[R]) -> Flow[R]:
            return Retry(attempts=2, draw=lambda low, high: 0.0).handle(call, FakeProvider(ProviderError("503")))

    with pytest.raises(ProviderError):
        play(Deadline(5).handle(call, Retrying()))
    assert play.sleeps == [0.0]


def test_the_caller_waits_no_longer_than_the_limit(call: DetectCall, found: Detections) -> None:
    slow = Slow(found)
    with pytest.raises(TimeoutError):
        Hub(slow, settings=Settings(cache="off")).run(call, timeout=0.05)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await AsyncHub(slow, settings=Settings(cache="off", timeout=0.05)).run(call)
        slow.release.set()

    asyncio.run(main())


def test_the_error_names_the_whole_limit_and_not_the_rest_of_it(call: DetectCall, found: Detections) -> None:
    slow = Slow(found)
    with pytest.raises(TimeoutError, match=r"The time limit of 0\.05 s passed"):
        run(Deadline(0.05).handle(call, slow))
    slow.release.set()
