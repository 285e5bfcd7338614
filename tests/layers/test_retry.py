"""Retry: what is tried again, how long it waits, and what it must never do twice."""

from __future__ import annotations

import pytest

from tests.layers.conftest import Played
from visionhub.errors import (
    AuthError,
    InputError,
    ProviderError,
    RateLimitError,
    RefusedError,
    TransportError,
    VisionError,
)
from visionhub.flow import Flow
from visionhub.layers.retry import Retry
from visionhub.tasks import Call, DetectCall, Detections, GenerateCall
from visionhub.tasks.base import R
from visionhub.testing import FakeProvider


class Flaky(FakeProvider):
    """Raises the errors in order, then answers."""

    def __init__(self, result: Detections, *errors: VisionError) -> None:
        super().__init__(result)
        self._errors = list(errors)
        self._result = result

    def __call__(self, call: Call[R]) -> Flow[R]:
        if self._errors:
            failing = FakeProvider(self._errors.pop(0))
            self.calls.append(call)
            return failing(call)
        return super().__call__(call)


def longest(low: float, high: float) -> float:
    return high


def test_a_passing_failure_is_tried_again_and_told(play: Played, call: DetectCall, found: Detections) -> None:
    flaky = Flaky(found, ProviderError("503"), TransportError("reset"))
    result = play(Retry(draw=longest).handle(call, flaky))
    assert [attempt.outcome for attempt in result.attempts] == ["error", "error", "ok"]
    assert result.attempts[0].reason == "ProviderError: 503"
    assert play.sleeps == [0.5, 1.0]


def test_the_last_error_is_raised_with_all_attempts(play: Played, call: DetectCall, found: Detections) -> None:
    flaky = Flaky(found, *(ProviderError(str(number)) for number in range(9)))
    with pytest.raises(ProviderError, match="2") as caught:
        play(Retry(attempts=3).handle(call, flaky))
    assert len(caught.value.attempts) == 3
    assert len(flaky.calls) == 3


@pytest.mark.parametrize("error", [InputError("x"), AuthError("x"), RefusedError("x")])
def test_what_cannot_help_is_not_tried_again(
    play: Played, call: DetectCall, found: Detections, error: VisionError
) -> None:
    flaky = Flaky(found, error)
    with pytest.raises(type(error)):
        play(Retry().handle(call, flaky))
    assert len(flaky.calls) == 1
    assert play.sleeps == []


def test_the_provider_is_obeyed_about_when_to_come_back(play: Played, call: DetectCall, found: Detections) -> None:
    play(Retry(draw=lambda low, high: low).handle(call, Flaky(found, RateLimitError("429", retry_after=7))))
    assert play.sleeps == [7]


def test_nobody_waits_longer_than_the_longest_wait(play: Played, call: DetectCall, found: Detections) -> None:
    with pytest.raises(RateLimitError):
        play(Retry(longest=20).handle(call, Flaky(found, RateLimitError("429", retry_after=3_600))))
    assert play.sleeps == []


def test_a_picture_that_may_have_been_billed_is_not_made_twice(play: Played) -> None:
    broken = FakeProvider(TransportError("reset"), tasks=["generate"])
    with pytest.raises(TransportError):
        play(Retry().handle(GenerateCall(prompt="a cat"), broken))
    assert len(broken.calls) == 1
