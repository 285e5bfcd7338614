"""Breaker: a provider that is down is spared, and found again."""

from __future__ import annotations

import asyncio

import pytest

from tests.clock import set_clock
from tests.layers.conftest import Played
from visionhub.errors import InputError, ProviderError, RateLimitError, TimeoutError, UnavailableError, VisionError
from visionhub.flow import run
from visionhub.handler import stack
from visionhub.layers.breaker import Breaker
from visionhub.layers.deadline import Deadline
from visionhub.layers.ratelimit import RateLimit
from visionhub.tasks import Call, DetectCall, Detections
from visionhub.tasks.base import Result
from visionhub.testing import FakeProvider


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        set_clock(monkeypatch, lambda: self.now, "visionhub.layers.breaker")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Changing(FakeProvider):
    """Fails as long as `error` is set."""

    def __init__(self, found: Detections) -> None:
        super().__init__(self.answer)
        self.found = found
        self.error: VisionError | None = ProviderError("503")

    def answer(self, call: Call[Result]) -> Result:
        if self.error:
            raise self.error
        return self.found


def attempt(breaker: Breaker, provider: FakeProvider, call: DetectCall) -> str:
    try:
        run(breaker.handle(call, provider))
    except VisionError as error:
        return type(error).__name__
    return "ok"


def test_it_opens_probes_and_closes(clock: Clock, call: DetectCall, found: Detections) -> None:
    provider, breaker = Changing(found), Breaker()
    assert [attempt(breaker, provider, call) for _ in range(7)] == ["ProviderError"] * 5 + ["UnavailableError"] * 2
    assert (len(provider.calls), breaker.status()["state"]) == (5, {"detect": "open"})
    clock.now += 1.01
    assert breaker.status()["state"] == {"detect": "half-open"}
    assert attempt(breaker, provider, call) == "ProviderError", "the probe"
    clock.now += 1.01
    assert attempt(breaker, provider, call) == "UnavailableError", "it stays open for twice as long"
    clock.now += 1.01
    provider.error = None
    assert [attempt(breaker, provider, call) for _ in range(2)] == ["ok", "ok"]
    assert breaker.status()["state"] == {"detect": "closed"}


def test_only_one_probe_is_under_way(clock: Clock, call: DetectCall, found: Detections) -> None:
    provider, breaker = Changing(found), Breaker(least=1)
    attempt(breaker, provider, call)
    clock.now += 1.01
    slow = FakeProvider(found, seconds=1)
    probe = breaker.handle(call, slow)
    next(probe)
    assert attempt(breaker, provider, call) == "UnavailableError"
    probe.close()
    provider.error = None
    assert attempt(breaker, provider, call) == "ok", "one that was cancelled said nothing"


def test_the_caller_is_told_when_to_come_back(clock: Clock, call: DetectCall, found: Detections) -> None:
    provider, breaker = Changing(found), Breaker(least=1)
    attempt(breaker, provider, call)
    clock.now += 0.25
    with pytest.raises(UnavailableError, match="was not asked") as caught:
        run(breaker.handle(call, provider))
    assert caught.value.retry_after == pytest.approx(0.75)
    assert (caught.value.retryable, caught.value.elsewhere, caught.value.billed) == (False, True, False)


@pytest.mark.parametrize("error", [InputError("bad"), RateLimitError("429")])
def test_what_is_not_the_providers_fault_does_not_open_it(
    clock: Clock, call: DetectCall, found: Detections, error: VisionError
) -> None:
    provider, breaker = Changing(found), Breaker()
    provider.error = error
    assert [attempt(breaker, provider, call) for _ in range(30)] == [type(error).__name__] * 30


def test_some_failures_among_answers_do_not_open_it(clock: Clock, call: DetectCall, found: Detections) -> None:
    provider, breaker = Changing(found), Breaker()
    for number in range(100):
        provider.error = ProviderError("503") if number % 10 < 3 else None
        assert attempt(breaker, provider, call) != "UnavailableError"


def test_each_task_has_its_own(clock: Clock, call: DetectCall, found: Detections) -> None:
    from visionhub.tasks import ClassifyCall, Labels

    breaker = Breaker(least=1)
    attempt(breaker, Changing(found), call)
    labels = FakeProvider(Labels(labels=()))
    assert run(breaker.handle(ClassifyCall(image=call.image), labels)).task == "classify"
    assert breaker.status()["state"] == {"detect": "open", "classify": "closed"}


def test_a_cancelled_task_says_nothing(play: Played, call: DetectCall, found: Detections) -> None:
    breaker = Breaker(least=1)

    async def main() -> None:
        from visionhub.flow import arun

        task = asyncio.create_task(arun(breaker.handle(call, FakeProvider(found, seconds=60))))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert breaker.status()["state"] == {"detect": "closed"}


def test_waiting_for_ones_own_rate_is_not_the_providers_fault(call: DetectCall, found: Detections) -> None:
    breaker = Breaker()
    handler = stack((Deadline(1.0), breaker, RateLimit(0.1)), FakeProvider(found))
    run(handler(call))
    for _ in range(20):
        with pytest.raises(TimeoutError):
            run(handler(call))
    assert breaker.status()["state"] == {"detect": "closed"}
