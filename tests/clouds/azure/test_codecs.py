"""What Azure's codecs ask, and make of answers that none of the recorded ones shows."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.clouds.bodies import decoded, question
from visionhub import registry
from visionhub.capability import Price, TokenPrice
from visionhub.errors import DecodeError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.provider import read_answer
from visionhub.tasks import CaptionCall, Detections, Faces, FacesCall, GenerateCall, Labels, Moderation, Text
from visionhub.tasks.faces import Attribute
from visionhub.tasks.moderate import Category
from visionhub.testing import pictures
from visionhub.wire import Request, Response

PROVIDER = registry.get("azure")
IMAGE = Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg")
SQUARE = {"left": 10, "top": 20, "width": 30, "height": 40}


def codec(task: str) -> Any:
    return PROVIDER.codec(task)


def asked_of_faces(**options: Any) -> dict[str, Any]:
    body = dict(codec("faces").encode(FacesCall(image=IMAGE, **options)).body)
    return {name: body[name] for name in ("detectionModel", "returnFaceLandmarks", "returnFaceAttributes")}


@pytest.mark.parametrize(
    ("options", "model", "landmarks", "attributes"),
    [
        ({}, "detection_03", "true", "headPose"),
        ({"attributes": ("age", "mask", "blurred")}, "detection_03", "true", "headPose,mask,blur"),
        ({"attributes": ("glasses",)}, "detection_01", "true", "headPose,glasses"),
        ({"attributes": ("glasses", "mask")}, "detection_01", "true", "headPose,glasses"),
        ({"model": "detection_02"}, "detection_02", "false", ""),
        ({"model": "detection_02", "attributes": ("glasses",)}, "detection_02", "false", "glasses"),
    ],
)
def test_a_model_is_asked_for_what_it_tells(
    options: dict[str, Any], model: str, landmarks: str, attributes: str
) -> None:
    asked = asked_of_faces(**options)
    assert tuple(asked.values()) == (model, landmarks, attributes)


def test_what_the_model_could_not_tell_is_warned_of() -> None:
    raw = [{"faceRectangle": SQUARE, "faceAttributes": {"glasses": "Sunglasses"}}]
    result = decoded(PROVIDER, question("faces", attributes=("glasses", "mask")), raw)
    assert result.warnings[0].code == "attribute_unknown"
    assert "detection_03" in result.warnings[0].message
    assert not decoded(PROVIDER, question("faces", attributes=("glasses", "mask")), []).warnings


def test_attributes_survive_being_told() -> None:
    names = ("glasses", "mask", "blurred", "exposure", "noise", "quality")
    raw = {
        "glasses": "NoGlasses", "mask": {"type": "faceMask", "noseAndMouthCovered": True}, "blur": {"blurLevel": "Low", "value": 0.1},
        "exposure": {"exposureLevel": "goodExposure", "value": 0.5}, "noise": {"noiseLevel": "low", "value": 0}, "qualityForRecognition": "high",
    }  # fmt: skip
    call = question("faces", attributes=names)
    once = decoded(PROVIDER, call, [{"faceRectangle": SQUARE, "faceAttributes": raw}])
    assert isinstance(once, Faces)
    assert once.faces[0].attributes == {
        "glasses": Attribute(value=False), "mask": Attribute(value="facemask"), "blurred": Attribute(value="low"),
        "exposure": Attribute(value="goodexposure"), "noise": Attribute(value="low"), "quality": Attribute(value="high"),
    }  # fmt: skip
    assert codec("faces").decode(codec("faces").render(once, call), call) == once


def test_a_thing_without_a_name_is_no_person() -> None:
    place = {"boundingBox": {"x": 1, "y": 2, "w": 3, "h": 4}}
    with pytest.raises(DecodeError):
        read_answer(
            codec("detect"), Response({"objectsResult": {"values": [{**place, "tags": []}]}}), question("detect")
        )
    result = decoded(PROVIDER, question("detect"), {"peopleResult": {"values": [{**place, "confidence": 0.01}]}})
    assert isinstance(result, Detections)
    assert [(found.name, found.score) for found in result.objects] == [("person", 0.01)]


@pytest.mark.parametrize(
    "body",
    [{}, [], 5, None, {"objectsResult": 5}, {"metadata": {"width": 0, "height": 0}, "objectsResult": {"values": [{}]}}],
)
@pytest.mark.parametrize("task", ["classify", "detect", "ocr", "caption", "moderate", "generate"])
def test_nonsense_is_not_understood(task: str, body: Any) -> None:
    with pytest.raises(DecodeError):
        read_answer(codec(task), Response(body), question(task))


def test_a_line_has_no_score_and_a_word_may_have_none() -> None:
    corners = [{"x": x, "y": y} for x, y in ((0, 0), (9, 0), (9, 9), (0, 9))]
    words = [{"text": "a", "boundingPolygon": corners}, {"text": "b", "boundingPolygon": corners, "confidence": 0.5}]
    line = {"text": "a b", "boundingPolygon": corners, "words": words}
    result = decoded(
        PROVIDER, question("ocr", (10, 10)), {"readResult": {"blocks": [{"lines": [line]}, {"lines": [line]}]}}
    )
    assert isinstance(result, Text)
    assert [(one.score, one.block) for one in result.lines] == [(None, 0), (None, 1)]
    assert [word.score for word in result.lines[0].words] == [None, 0.5]
    assert result.text == "a b\n\na b"


def test_places_of_the_oldest_ocr_in_a_turned_picture_are_not_guessed() -> None:
    raw = {"language": "en", "orientation": "Left", "regions": [{"lines": []}]}
    with pytest.raises(DecodeError):
        read_answer(codec("ocr"), Response(raw), question("ocr"))


def test_of_two_categories_of_one_name_the_flagged_one_is_told() -> None:
    said = [Category(name="violence", flagged=flagged, native=str(flagged)) for flagged in (True, False)]
    call = question("moderate")
    assert codec("moderate").decode(codec("moderate").render(Moderation.of(said), call), call).flagged


@pytest.mark.parametrize(
    ("severity", "level", "flagged"),
    [
        (0, "safe", False),
        (2, "low", False),
        (3, "low", False),
        (4, "medium", True),
        (6, "high", True),
        (7, "high", True),
    ],
)
def test_severities(severity: int, level: str, flagged: bool) -> None:  # a parameter of the test
    raw = {"categoriesAnalysis": [{"category": "Sexual", "severity": severity}]}
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    (found,) = result.categories
    assert (found.name, found.score, found.level, result.flagged) == ("sexual", None, level, flagged)


def test_a_new_category_is_not_hidden() -> None:
    raw = {"categoriesAnalysis": [{"category": "Hate", "severity": 0}, {"category": "Spite", "severity": 6}]}
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    assert result.flagged
    assert "Spite" in result.warnings[0].message


# Prices


def answered(model: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": "A house."}
    used = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    return {"status": "completed", "model": model, "output": [{"type": "message", "content": [part]}], "usage": used}


class Saying:
    """A wire that answers always the same."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def send(self, request: Request, timeout: float | None) -> Response:
        del request, timeout
        return Response(self.body)

    def close(self) -> None:
        """Nothing to give back."""


@pytest.mark.parametrize(("model", "cost"), [("gpt-5.6-luna-2026-07-01", 0.00032), ("ours", None)])
def test_an_answer_of_a_model_is_priced_by_its_tokens_or_not_at_all(model: str, cost: float | None) -> None:
    provider = PROVIDER.with_options({})
    provider.__dict__["wire"] = Saying(answered(model))
    result = run(provider(CaptionCall(image=IMAGE, question="What is it?")))
    assert (result.model, result.usage.units) == (model, 1100)
    assert result.usage.cost_usd == (pytest.approx(cost) if cost else None)


def test_an_estimate_counts_what_is_asked() -> None:
    known = codec("caption").capability
    assert known.cost(CaptionCall(image=IMAGE)) == pytest.approx(0.0015)
    assert known.cost(CaptionCall(image=IMAGE, extra={"features": ["denseCaptions"]})) == pytest.approx(0.003)
    for call in (
        CaptionCall(image=IMAGE, question="What?"),
        CaptionCall(image=IMAGE, language="de"),
        CaptionCall(image=IMAGE, model="ours"),
    ):
        assert known.cost(call) is None


def test_pictures_that_are_made_cost_tokens() -> None:
    picture = b64encode(pictures.encoded(pictures.scene())).decode()
    raw = {
        "data": [{"b64_json": picture, "revised_prompt": None}],
        "usage": {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010},
    }
    for model, cost in ((None, 0.03005), ("ours", None)):
        result = decoded(PROVIDER, GenerateCall(prompt="a house", model=model), raw)
        assert result.usage.cost_usd == (pytest.approx(cost) if cost else None)


def test_no_price_is_sure() -> None:
    for task in PROVIDER.tasks:
        known = codec(task).capability
        listed: list[Price | TokenPrice] = [*filter(None, (known.price,)), *known.tokens.values()]
        assert listed
        assert all(
            price.source.startswith("https://azure.microsoft.com/pricing/") and not price.sure for price in listed
        )


def test_tags_of_version_3() -> None:
    raw = {"tags": [{"name": "wolf", "confidence": 0.9, "hint": "animal"}]}
    result = decoded(PROVIDER, question("classify"), raw)
    assert isinstance(result, Labels)
    assert [label.name for label in result.labels] == ["wolf"]
