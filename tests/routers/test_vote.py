"""Vote: what enough providers say, and how far they agree."""

from __future__ import annotations

import pytest

from tests.routers.conftest import Ask, answering, asked, found, told
from visionhub.errors import ConfigError, ProviderError, UnsupportedError
from visionhub.routers.vote import Vote
from visionhub.tasks import DetectCall, Detections, GenerateCall


def test_what_two_of_three_see_is_the_answer(ask: Ask) -> None:
    answers = [found("cat", 0.9), found("Cat", 0.6, 0.1), found("dog", 0.9)]
    result = ask(Vote([answering(name, answer) for name, answer in zip("abc", answers, strict=True)]))
    (cat,) = result.objects
    assert (cat.name, round(cat.score, 6)) == ("cat", 0.5)
    assert cat.box.x0 == pytest.approx(0.04)  # 0 weighs .9 and .1 weighs .6
    assert result.provider == "a+b+c"
    assert result.agreement == pytest.approx(1 / 3)
    assert told(result) == [("a", "ok"), ("b", "ok"), ("c", "ok")]


def test_one_that_fails_abstains(ask: Ask) -> None:
    result = ask(Vote([answering("a"), answering("b", ProviderError("503")), answering("c")]))
    assert (result.agreement, len(result.objects)) == (1.0, 1)
    assert told(result) == [("a", "ok"), ("b", "error"), ("c", "ok")]


def test_too_few_answers_are_none(ask: Ask) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(Vote([answering("a"), answering("b", ProviderError("503"))]))
    assert told(caught.value) == [("a", "ok"), ("b", "error")]


def test_the_callers_limits_hold_for_the_fused_answer(ask: Ask) -> None:
    answers = [found("cat", 0.9), found("cat", 0.6), Detections(objects=())]
    router = Vote([answering(name, answer) for name, answer in zip("abc", answers, strict=True)])
    assert ask(router, DetectCall(image=asked().image, min_score=0.6)).objects == ()


def test_made_pictures_are_not_voted_on(ask: Ask) -> None:
    with pytest.raises(UnsupportedError, match="voted"):
        ask(Vote([answering("a"), answering("b")]), GenerateCall(prompt="x"))


def test_more_votes_than_voters_make_no_sense() -> None:
    with pytest.raises(ConfigError, match="3 of 2"):
        Vote([answering("a"), answering("b")], need=3)
