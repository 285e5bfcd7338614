"""API4AI's own recorded answers."""

from __future__ import annotations

import pytest

from tests.clouds.bodies import body, decoded, needed, question
from visionhub import registry
from visionhub.errors import InputError
from visionhub.tasks import Detections, Faces, Moderation, Text

PROVIDER = registry.get("api4ai")
pytestmark = needed


def test_every_object_is_there_at_its_place() -> None:
    raw = body("api4ai/object-detection/living-room.json")
    result = decoded(PROVIDER, question("detect"), raw)
    assert isinstance(result, Detections)
    objects = raw["results"][0]["entities"][0]["objects"]
    assert len(result.objects) == len(objects) > 10
    for found, said in zip(result.objects, objects, strict=True):
        x, y, width, height = said["box"]
        assert found.box.x0 == pytest.approx(max(0, x))
        assert found.box.y1 == pytest.approx(min(1, y + height))
        assert found.box.width == pytest.approx(min(1, x + width) - max(0, x))
        assert {found.name: found.score} == said["entities"][0]["classes"]


def test_landmarks_are_the_persons_own_sides() -> None:
    raw = body("api4ai/face-detection/one-face.json")
    result = decoded(PROVIDER, question("faces"), raw)
    assert isinstance(result, Faces)
    (face,) = result.faces
    assert face.landmarks["left_eye"].x > face.landmarks["right_eye"].x
    assert face.landmarks["mouth_left"].x > face.landmarks["mouth_right"].x
    assert set(face.landmarks) == {"left_eye", "right_eye", "nose", "mouth_left", "mouth_right"}


def test_a_block_of_text_is_all_of_its_lines() -> None:
    raw = body("api4ai/ocr/negative-coordinate.json")
    result = decoded(PROVIDER, question("ocr"), raw)
    assert isinstance(result, Text)
    said = raw["results"][0]["entities"][0]["objects"][0]
    assert said["box"][1] < 0
    assert result.text == said["entities"][0]["text"]
    assert {line.polygon.box.y0 for line in result.lines} == {0.0}
    assert [warning.code for warning in result.warnings] == ["geometry_of_block"]


def test_one_probability_of_what_is_not_safe() -> None:
    raw = body("api4ai/nsfw/with-image-size.json")
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    assert result.categories[0].score == raw["results"][0]["entities"][0]["classes"]["nsfw"]
    assert not result.flagged
    assert "violence" in result.not_assessed


def test_a_failure_inside_an_answer_is_an_error() -> None:
    raw = body("api4ai/nsfw/with-image-size.json")
    raw["results"][0] |= {"status": {"code": "failure", "message": "Can not decode the image."}, "entities": []}
    with pytest.raises(InputError, match="Can not decode the image") as caught:
        decoded(PROVIDER, question("moderate"), raw)
    assert caught.value.code == "failure"
