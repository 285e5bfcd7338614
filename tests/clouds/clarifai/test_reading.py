"""What Clarifai may say that none of its recorded answers does."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.clouds.bodies import decoded, question
from visionhub import registry
from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.tasks import Caption, ClassifyCall, DetectCall, Detections, Faces, Images, Moderation, Text
from visionhub.testing import pictures

PROVIDER = registry.get("clarifai")
OK = {"code": 10000, "description": "Ok"}


def test_zeros_are_left_out() -> None:
    region = {"region_info": {"bounding_box": {"bottom_row": 0.5, "right_col": 1.0000001}}}
    said = {
        "regions": [{**region, "data": {"concepts": [{"name": "cat"}]}}, {**region, "data": {"text": {"raw": "hi"}}}]
    }
    answer = {"status": OK, "outputs": [{"status": OK, "data": {"regions": said["regions"][:1]}}]}
    result = decoded(PROVIDER, question("detect"), answer)
    assert isinstance(result, Detections)
    assert result.objects[0].box == Box(x0=0, y0=0, x1=1, y1=0.5)
    assert result.objects[0].score == 0.0
    answer["outputs"] = [{"status": OK, "data": {"regions": said["regions"][1:]}}]
    text = decoded(PROVIDER, question("ocr"), answer)
    assert isinstance(text, Text)
    assert [(line.text, line.score) for line in text.lines] == [("hi", None)]
    nothing = {"status": OK, "outputs": [{"status": OK}]}
    for task in ("classify", "detect", "ocr", "faces", "moderate"):
        assert decoded(PROVIDER, question(task), nothing)


def test_text_without_places() -> None:
    answer = {"status": OK, "outputs": [{"status": OK, "data": {"text": {"raw": "one\ntwo"}}}]}
    result = decoded(PROVIDER, question("ocr"), answer)
    assert isinstance(result, Text)
    assert result.text == "one\ntwo"
    assert [warning.code for warning in result.warnings] == ["geometry_of_block"]


def test_captions_and_their_tokens() -> None:
    output = {"status": OK, "data": {"text": {"raw": " A cat.\n"}}, "prompt_tokens": 1000, "completion_tokens": 500}
    result = decoded(PROVIDER, question("caption"), {"status": OK, "outputs": [output]})
    assert isinstance(result, Caption)
    assert result.text == "A cat."
    assert result.usage.units == 1500
    assert result.usage.cost_usd == pytest.approx(0.00116)
    newer = {"status": OK, "outputs": [{"status": OK, "data": {"string_value": "A dog."}}]}
    assert decoded(PROVIDER, question("caption"), newer).to_dict()["text"] == "A dog."


def test_pictures_that_were_made() -> None:
    made = pictures.encoded(pictures.scene(64, 48))
    output = {"status": OK, "data": {"image": {"base64": b64encode(made).decode()}}}
    result = decoded(PROVIDER, question("generate"), {"status": OK, "outputs": [output]})
    assert isinstance(result, Images)
    assert [(image.data, image.width, image.height) for image in result.images] == [(made, 64, 48)]


def test_models_of_ones_own_may_know_more_that_is_not_safe() -> None:
    concepts = [{"name": "Weapon", "value": 0.9}, {"name": "sfw", "value": 0.1}, {"name": "spam", "value": 0.2}]
    result = decoded(
        PROVIDER, question("moderate"), {"status": OK, "outputs": [{"status": OK, "data": {"concepts": concepts}}]}
    )
    assert isinstance(result, Moderation)
    assert result.flagged
    assert [(found.name, found.native) for found in result.categories] == [("weapons", "Weapon")]
    assert [warning.code for warning in result.warnings] == ["category_unknown"]


@pytest.mark.parametrize(("name", "years"), [("20-29", 24.5), ("more_than_70", 70.0), ("33", 33.0)])
def test_ages_are_years_however_they_are_said(name: str, years: float) -> None:
    region = {
        "region_info": {"bounding_box": {"bottom_row": 1, "right_col": 1}},
        "data": {"concepts": [{"name": name, "value": 0.9, "vocab_id": "age_appearance"}]},
    }
    answer = {"status": OK, "outputs": [{"status": OK, "data": {"regions": [region]}}]}
    result = decoded(PROVIDER, question("faces", attributes=("age",)), answer)
    assert isinstance(result, Faces)
    assert result.faces[0].attributes["age"].value == years


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("general-image-recognition", None), ("clarifai/main/general-image-recognition", None), ("clarifai/main/x", "x"),
        ("clarifai/main/x/v", "clarifai/main/x/v"), ("a b/c/d", "a b/c/d"),
    ],
)  # fmt: skip
def test_models_have_one_name(model: str, name: str | None) -> None:
    codec = PROVIDER.codec("classify")
    assert codec
    assert codec.parse
    assert (
        codec.parse(codec.encode(ClassifyCall(image=Image(pictures.encoded(pictures.scene())), model=model))).model
        == name
    )


def test_labels_are_chosen_by_name() -> None:
    codec = PROVIDER.codec("detect")
    assert codec
    call = DetectCall(image=Image(pictures.encoded(pictures.scene())), labels=("cat", "dog"))
    request = codec.encode(call)
    assert request.body["model"]["output_info"]["output_config"] == {
        "select_concepts": [{"name": "cat"}, {"name": "dog"}]
    }
