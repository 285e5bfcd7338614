"""Rate and concurrency: no faster and no more at a time than a provider allows."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.clock import set_clock
from tests.layers.conftest import Played
from visionhub.errors import RateLimitError, TimeoutError
from visionhub.flow import Flow, Sleep, arun, run
from visionhub.handler import Layered
from visionhub.layers.concurrency import Concurrency
from visionhub.layers.deadline import Deadline
from visionhub.layers.ratelimit import RateLimit
from visionhub.tasks import Call, DetectCall, Detections
from visionhub.tasks.base import R, Result
from visionhub.testing import FakeProvider


class Clock:
    """A clock that sleeps move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        set_clock(monkeypatch, lambda: self.now, "visionhub.layers.ratelimit")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def sleeps(layer: RateLimit, provider: FakeProvider, call: DetectCall, clock: Clock, count: int) -> list[float]:
    play = Played()
    for _ in range(count):
        before = len(play.sleeps)
        play(layer.handle(call, provider))
        clock.now += sum(play.sleeps[before:])
    return [round(seconds, 6) for seconds in play.sleeps]


def test_a_second_of_calls_at_once_then_one_by_one(clock: Clock, call: DetectCall, found: Detections) -> None:
    provider, layer = FakeProvider(found), RateLimit(10)
    assert sleeps(layer, provider, call, clock, 10) == []
    assert sleeps(layer, provider, call, clock, 3) == [0.1, 0.1, 0.1]
    clock.now += 60
    assert sleeps(layer, provider, call, clock, 10) == []


def test_less_than_one_a_second(clock: Clock, call: DetectCall, found: Detections) -> None:
    assert sleeps(RateLimit(0.5), FakeProvider(found), call, clock, 3) == [2.0, 2.0]


def test_a_wait_that_is_too_long_is_an_error_and_takes_no_token(
    clock: Clock, call: DetectCall, found: Detections
) -> None:
    layer, provider = RateLimit(0.1, longest=5), FakeProvider(found)
    run(layer.handle(call, provider))
    for _ in range(3):
        with pytest.raises(RateLimitError) as caught:
            run(layer.handle(call, provider))
        assert caught.value.retry_after == pytest.approx(10)


def test_a_token_is_given_back_by_whoever_cannot_wait(clock: Clock, call: DetectCall, found: Detections) -> None:
    layer, provider = RateLimit(1), FakeProvider(found)
    run(layer.handle(call, provider))
    for _ in range(5):
        with pytest.raises(TimeoutError):
            run(Deadline(0.5).handle(call, Layered(layer, provider)))
    assert sleeps(layer, provider, call, clock, 1) == [1.0]


def test_after_a_429_it_slows_down_and_recovers(clock: Clock, call: DetectCall, found: Detections) -> None:
    layer, provider = RateLimit(10), FakeProvider(found)
    for _ in range(20):
        sleeps(layer, provider, call, clock, 1)
        clock.now += 0.25
    with pytest.raises(RateLimitError):
        run(layer.handle(call, FakeProvider(RateLimitError("429", retry_after=3))))
    assert layer.status()["now"] == pytest.approx(10 * 20 / 21), "it took twenty of twenty-one"
    assert sleeps(layer, provider, call, clock, 1) == [3.0], "everybody waits for as long as the provider asked"
    for _ in range(40):
        sleeps(layer, provider, call, clock, 1)
        clock.now += 1
    assert layer.status() == {"rate": 10, "now": 10}


def test_without_a_rate_of_ours_the_providers_is_found_and_dropped_again(
    clock: Clock, call: DetectCall, found: Detections
) -> None:
    layer, provider = RateLimit(), FakeProvider(found)
    for _ in range(50):
        assert sleeps(layer, provider, call, clock, 1) == []
        clock.now += 0.02
    with pytest.raises(RateLimitError):
        run(layer.handle(call, FakeProvider(RateLimitError("429"))))
    assert layer.status()["now"] == pytest.approx(51 * 50 / 51, rel=0.05)
    for _ in range(60):
        sleeps(layer, provider, call, clock, 1)
        clock.now += 1
    assert layer.status() == {"rate": None, "now": None}


def test_many_that_were_under_way_slow_it_down_once(clock: Clock, call: DetectCall, found: Detections) -> None:
    layer = RateLimit(100)
    for _ in range(20):
        sleeps(layer, FakeProvider(found), call, clock, 1)
        clock.now += 0.1
    flows = [layer.handle(call, FakeProvider(RateLimitError("429"), seconds=1)) for _ in range(8)]
    for flow in flows:
        next(flow)
    clock.now += 1
    for flow in flows:
        with pytest.raises(RateLimitError):
            flow.send(None)
    assert layer.status()["now"] == pytest.approx(100 * 20 / 21), "once, not eight times"


class Counting(FakeProvider):
    """Counts how many are in it at a time."""

    def __init__(self, found: Detections) -> None:
        super().__init__(self.answer)
        self.found = found
        self.inside = self.most = 0
        self.lock = threading.Lock()

    def answer(self, call: Call[Result]) -> Result:
        return self.found

    def __call__(self, call: Call[R]) -> Flow[R]:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        try:
            yield Sleep(0.005)
            return (yield from super().__call__(call))
        finally:
            with self.lock:
                self.inside -= 1


def test_no_more_at_a_time_in_threads(call: DetectCall, found: Detections) -> None:
    provider, layer = Counting(found), Concurrency(3)
    threads = [threading.Thread(target=lambda: run(layer.handle(call, provider))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (provider.most, len(provider.calls)) == (3, 30)
    assert layer.status() == {"most": 3, "under_way": 0, "waiting": 0}


def test_no_more_at_a_time_in_tasks_and_cancelled_ones_free_their_turn(call: DetectCall, found: Detections) -> None:
    provider, layer = Counting(found), Concurrency(2)

    async def main() -> None:
        tasks = [asyncio.create_task(arun(layer.handle(call, provider))) for _ in range(30)]
        await asyncio.sleep(0.006)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(not task.cancelled() for task in tasks) >= 15

    asyncio.run(main())
    assert provider.most == 2
    assert layer.status() == {"most": 2, "under_way": 0, "waiting": 0}
