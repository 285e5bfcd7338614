"""Cascade: an answer that is good enough, or the next one."""

from __future__ import annotations

import pytest

from tests.routers.conftest import Ask, answering, found, told
from visionhub.errors import ProviderError, RefusedError
from visionhub.routers.cascade import Accept, Cascade
from visionhub.tasks import Detections

SURE = Accept(min_score=0.6)
NOTHING = Detections(objects=())


def test_a_good_answer_is_returned_and_nobody_else_asked(ask: Ask) -> None:
    second = answering("b")
    assert told(ask(Cascade([answering("a"), second], SURE))) == [("a", "ok")]
    assert second.calls == []


@pytest.mark.parametrize(
    ("answer", "accept", "reason"),
    [
        (found(score=0.4), SURE, "its score is 0.40, below 0.6"),
        (found(score=None), SURE, "its score is unknown, below 0.6"),
        (NOTHING, Accept(nonempty=True), "nothing was found"),
        (NOTHING, SURE, "its score is unknown, below 0.6"),
    ],
)
def test_why_an_answer_was_left_is_told(ask: Ask, answer: Detections, accept: Accept, reason: str) -> None:
    result = ask(Cascade([answering("a", answer), answering("b")], accept))
    assert told(result) == [("a", "left"), ("b", "ok")]
    assert result.attempts[0].reason == reason
    assert result.warnings == ()


def test_a_second_opinion_settles_a_disagreement(ask: Ask) -> None:
    accept = Accept(agreement=0.8)
    agreeing = ask(Cascade([answering("a"), answering("b"), answering("c")], accept))
    assert (agreeing.provider, told(agreeing)) == ("b", [("a", "left"), ("b", "ok")])
    third = ask(Cascade([answering("a", found("dog")), answering("b"), answering("c")], accept))
    assert told(third) == [("a", "left"), ("b", "left"), ("c", "ok")]
    assert third.attempts[1].reason == "it agrees 0.00 with a, below 0.8"


def test_if_none_is_good_enough_the_last_is_returned_with_a_warning(ask: Ask) -> None:
    result = ask(Cascade([answering("a", found(score=0.5)), answering("b", found(score=0.4))], SURE))
    assert result.provider == "b"
    assert [warning.code for warning in result.warnings] == ["not_accepted"]


@pytest.mark.parametrize("error", [ProviderError("503"), RefusedError("no")])
def test_a_doubtful_answer_is_better_than_an_error(ask: Ask, error: Exception) -> None:
    result = ask(Cascade([answering("a", found(score=0.5)), answering("b", error)], SURE))
    assert (result.provider, told(result)) == ("a", [("a", "left"), ("b", "error")])
    assert result.warnings[0].code == "not_accepted"


def test_the_next_one_is_asked_when_one_fails(ask: Ask) -> None:
    assert told(ask(Cascade([answering("a", ProviderError("503")), answering("b")], SURE))) == [
        ("a", "error"),
        ("b", "ok"),
    ]
