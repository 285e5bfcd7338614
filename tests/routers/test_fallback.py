"""Fallback: the next provider is asked when, and only when, it may help."""

from __future__ import annotations

import pytest

from tests.layers.conftest import picture
from visionhub.config import Settings
from visionhub.errors import (
    AuthError,
    ConfigError,
    InputError,
    ProviderError,
    RefusedError,
    UnsupportedError,
    VisionError,
)
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.tasks import Detections
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

FOUND = Detections(objects=(Object(name="cat", score=0.9, box=Box(x0=0, y0=0, x1=1, y1=1)),))
ONCE = Settings(cache="off", attempts=1)


@pytest.mark.parametrize("error", [AuthError("401"), ProviderError("503"), UnsupportedError("no")])
def test_the_next_one_answers_and_the_result_tells(error: VisionError) -> None:
    hub = Hub([FakeProvider(error, name="a"), FakeProvider(FOUND, name="b")], settings=ONCE)
    result = hub.detect(picture(9, 9))
    assert result.provider == "b"
    assert [(attempt.provider, attempt.outcome) for attempt in result.attempts] == [("a", "error"), ("b", "ok")]


@pytest.mark.parametrize("error", [InputError("bad"), RefusedError("no"), ConfigError("key")])
def test_what_another_provider_would_not_mend_is_raised_at_once(error: VisionError) -> None:
    second = FakeProvider(FOUND, name="b")
    with pytest.raises(type(error)):
        Hub([FakeProvider(error, name="a"), second], settings=ONCE).detect(picture(9, 9))
    assert second.calls == []


def test_the_telling_error_is_raised_when_all_fail() -> None:
    failing = [FakeProvider(ProviderError("down"), name="a"), FakeProvider(UnsupportedError("no"), name="b")]
    with pytest.raises(ProviderError, match="down") as caught:
        Hub(failing, settings=ONCE).detect(picture(9, 9))
    assert [attempt.provider for attempt in caught.value.attempts] == ["a", "b"]


def test_each_provider_is_retried_before_the_next_is_asked() -> None:
    first = FakeProvider(ProviderError("503", retry_after=0), name="a")
    settings = Settings(cache="off", attempts=2)
    result = Hub([first, FakeProvider(FOUND, name="b")], settings=settings).detect(picture(9, 9), timeout=30)
    assert [attempt.provider for attempt in result.attempts] == ["a", "a", "b"]


def test_an_answer_of_the_second_is_not_kept_for_the_first() -> None:
    first, second = FakeProvider(ProviderError("503"), name="a"), FakeProvider(FOUND, name="b")
    hub = Hub([first, second], settings=Settings(attempts=1))
    hub.detect(image := picture(9, 9))
    again = hub.detect(image)
    assert len(first.calls) == 2, "the first is asked again"
    assert len(second.calls) == 1, "the second's answer was kept"
    assert [attempt.outcome for attempt in again.attempts] == ["error", "cached"]


def test_offline_only_this_machine_is_asked() -> None:
    remote, local = FakeProvider(FOUND, name="a", is_remote=True), FakeProvider(FOUND, name="b")
    offline = Settings(offline=True)
    assert Hub([remote, local], settings=offline).detect(picture(9, 9)).provider == "b"
    assert remote.calls == []
    with pytest.raises(ConfigError, match="offline"):
        Hub(remote, settings=offline).detect(picture(9, 9))
