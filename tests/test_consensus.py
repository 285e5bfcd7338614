"""What several answers say together: laws that hold for all answers, and cases one can check by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionhub.consensus import agreement, confidence, is_empty, merged
from visionhub.consensus.boxes import clusters
from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.tasks import TASKS, Call, Caption, Detections, Faces, Images, Labels, Moderation, Result, Text
from visionhub.tasks.classify import Label
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Face
from visionhub.tasks.moderate import Category
from visionhub.tasks.ocr import Line
from visionhub.testing import results
from visionhub.testing.pictures import scene


def box(x0: float, x1: float = 1.0) -> Box:
    return Box(x0=x0, y0=0, x1=x1, y1=1)


def labels(*names: str, score: float | None = 0.8) -> Labels:
    return Labels(labels=tuple(Label(name=name, score=score) for name in names))


def text(*lines: str, score: float | None = 0.9) -> Text:
    from visionhub.geometry import Polygon

    place = Polygon.clamped([(0, 0), (1, 0), (1, 1), (0, 1)])
    return Text.of(Line(text=line, score=score, polygon=place) for line in lines)


def verdict(name: str, flagged: bool, score: float | None = None) -> Category:
    return Category(name=name, flagged=flagged, score=score, native=f"native {name}")  # type: ignore[arg-type]  # a name as text


SCORES = st.none() | st.floats(0.01, 1)
SIDES = st.floats(0, 0.5)
OBJECTS = st.builds(
    lambda name, score, x, y: Object(name=name, score=score, box=Box(x0=x, y0=y, x1=x + 0.4, y1=y + 0.4)),
    st.sampled_from(["cat", "dog"]), SCORES, SIDES, SIDES,
)  # fmt: skip
DETECTED = st.lists(OBJECTS, max_size=5).map(lambda objects: Detections(objects=tuple(objects), provider="a"))


@given(DETECTED, DETECTED)
def test_agreement_is_symmetric_and_bounded(one: Detections, other: Detections) -> None:
    agreed = agreement(one, other)
    assert agreed == agreement(other, one)
    assert agreed is not None
    assert 0 <= agreed <= 1


@given(DETECTED)
def test_everybody_agrees_with_himself(one: Detections) -> None:
    assert agreement(one, one) == 1


@given(st.lists(DETECTED, min_size=1, max_size=4), st.data())
def test_what_more_must_say_is_said_less_often(answers: list[Detections], data: st.DataObject) -> None:
    need = data.draw(st.integers(1, len(answers)))
    kept = merged(answers, need).objects
    assert len(kept) <= len(merged(answers, 1).objects)
    for found in kept:
        hulls = [one.box for answer in answers for one in answer.objects if one.name == found.name]
        assert min(one.x0 for one in hulls) - 1e-9 <= found.box.x0 <= max(one.x0 for one in hulls) + 1e-9
        assert found.score is None or 0 <= found.score <= 1


@given(st.lists(DETECTED, min_size=1, max_size=4))
def test_no_box_is_lost_or_counted_twice(answers: list[Detections]) -> None:
    members = [
        member for cluster in clusters([answer.objects for answer in answers]) for member in cluster.members.values()
    ]
    assert len(members) == sum(len(answer.objects) for answer in answers)


@pytest.mark.parametrize(
    ("one", "other", "agreed"),
    [
        (labels("cat", "dog"), labels("Dog", "cow"), 0.5),
        (labels(), labels(), 1.0),
        (text("the quick brown fox"), text("The quick red fox"), 0.75),
        (Caption(text="a red car"), Caption(text="a blue car"), 2 / 3),
        (Moderation.of([verdict("gore", True), verdict("hate", False)]), Moderation.of([verdict("gore", False), verdict("hate", False)]), 0.5),
        (Moderation.of([verdict("gore", True)]), Moderation.of([verdict("hate", True)]), None),
        (Images(images=()), Images(images=()), None),
        (labels("cat"), text("cat"), None),
    ],
)  # fmt: skip
def test_how_far_two_agree(one: Result, other: Result, agreed: float | None) -> None:
    assert agreement(one, other) == (None if agreed is None else pytest.approx(agreed))


@pytest.mark.parametrize(
    ("answer", "sure"),
    [
        (labels("cat", "dog", score=0.8), 0.8),
        (labels("cat", score=None), None),
        (Detections(objects=(Object(name="a", score=0.4, box=box(0)), Object(name="b", score=0.8, box=box(0)))), 0.6),
        (text("ab", score=0.5), 0.5),
        (Moderation.of([verdict("gore", True, 0.9), verdict("hate", False, 0.3)]), 0.7),
        (Moderation.of([verdict("gore", True)]), None),
        (Caption(text="x", score=0.3), 0.3),
        (Images(images=()), None),
    ],
)
def test_how_sure_one_is(answer: Result, sure: float | None) -> None:
    assert confidence(answer) == (None if sure is None else pytest.approx(sure))


def test_labels_that_two_give_are_kept_with_the_mean() -> None:
    answers = [labels("cat", "dog", score=0.9), labels("Cat", score=0.6), labels("cow")]
    (cat,) = merged(answers, 2).labels
    assert cat.name == "cat"
    assert cat.score == pytest.approx(0.5)


def test_a_category_is_flagged_by_enough_of_those_who_looked() -> None:
    answers = [
        Moderation.of([verdict("gore", True, 0.9), verdict("hate", True, 0.8)]),
        Moderation.of([verdict("gore", False, 0.1)]),
        Moderation.of([verdict("gore", True, 0.8)]),
    ]
    voted = merged(answers, 2)
    by_name = {category.name: category for category in voted.categories}
    assert by_name["gore"].flagged
    assert by_name["gore"].score == pytest.approx(0.6)
    assert by_name["hate"].flagged, "the only one who looked for it says so"
    assert voted.flagged
    assert "drugs" in voted.not_assessed


def test_of_texts_the_one_that_most_agree_with() -> None:
    answers = [text("totally wrong"), text("the quick brown fox"), text("the quick brown ox")]
    assert merged(answers, 2).text in ("the quick brown fox", "the quick brown ox")


def test_faces_keep_what_the_surest_says() -> None:
    answers = [Faces(faces=(Face(box=box(0), score=score),)) for score in (0.6, 0.8)]
    (face,) = merged(answers, 2).faces
    assert face.score == pytest.approx(0.7)


@pytest.mark.parametrize("task", [task for task in TASKS if task not in ("embed", "generate")])
def test_equal_answers_of_every_task_agree_and_merge_to_themselves(task: str) -> None:
    answer = results.answer(asked(task)).model_copy(update={"provider": "a"})
    assert agreement(answer, answer) == 1
    together = merged([answer, answer], 2)
    assert agreement(together, answer) == 1
    assert (together.provider, together.agreement) == ("a", 1)


def asked(task: str) -> Call[Any]:
    picture = Image(scene())
    kind: Any = TASKS[task]
    return kind(**dict.fromkeys(kind.__annotations__.keys() & {"image", "other"}, picture))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "answer", [labels(), Detections(objects=()), Faces(faces=()), text(), Caption(text=" "), Images(images=())]
)
def test_nothing_is_nothing(answer: Result) -> None:
    assert is_empty(answer)
