"""Clarifai's own recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clouds.bodies import body, decoded, manifest, needed, question
from visionhub import registry
from visionhub.errors import InputError, UnsupportedError
from visionhub.geometry import Box
from visionhub.stored import decode
from visionhub.tasks import Comparison, Detections, Faces, Labels, Moderation

PROVIDER = registry.get("clarifai")
pytestmark = needed
OK = {"code": 10000, "description": "Ok"}
# Of other models, or of ours: what each recorded answer can be read as.
READINGS = {
    "errors/failure-10020-download-failed": (), "errors/mixed-success-10010": ("classify",),
    "face-demographics/three-heads": ("faces", "detect"), "face-detection/one-face": ("faces", "detect"),
    "face-embedding/regions-with-embeddings": ("faces",), "face-recognition/celebrity-regions": ("faces",),
    "general-concepts/language-and-max": ("classify",), "general-concepts/one-input": ("classify",),
    "logo-detection/one-logo": ("detect",), "moderation/safe-five-concepts": ("moderate", "classify"),
    "object-detection/living-room": ("detect",), "workflow/two-models": ("moderate", "classify"),
}  # fmt: skip


def answers(name: str) -> list[dict[str, Any]]:
    """The recorded answer as PostModelOutputs gives it; one an output of a workflow, which asks several models."""
    said = body(f"clarifai/{name}.json")
    if "results" in said:
        return [{"status": OK, "outputs": [output]} for output in said["results"][0]["outputs"]]
    # Some are kept without what stands around the data.
    return [said if "outputs" in said else {"status": OK, "outputs": [{"status": OK, "data": said}]}]


def data(answer: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = answer["outputs"][0]["data"]
    return kept


def lies(box: Box, region: dict[str, Any]) -> bool:
    said = region["region_info"]["bounding_box"]
    return box.pixels(1, 1) == (said["left_col"], said["top_row"], said["right_col"], said["bottom_row"])


def test_every_recorded_answer_is_read() -> None:
    names = {row["file"].removeprefix("clarifai/").removesuffix(".json") for row in manifest("clarifai")}
    assert names == READINGS.keys()


@pytest.mark.parametrize(("name", "task"), [(name, task) for name, tasks in READINGS.items() for task in tasks])
def test_all_that_is_listed_comes_out(name: str, task: str) -> None:
    for answer in answers(name):
        result = decoded(PROVIDER, question(task), answer)
        said = data(answer)
        match result:
            case Labels():
                assert [(label.name, label.score, label.id) for label in result.labels] == [
                    (concept["name"], concept["value"], concept["id"]) for concept in said["concepts"]
                ]
            case Detections():
                assert len(result.objects) == len(said["regions"]) > 0
                for found, region in zip(result.objects, said["regions"], strict=True):
                    first = region["data"]["concepts"][0]
                    assert (found.name, found.score, found.id) == (first["name"], first["value"], first["id"])
                    assert lies(found.box, region)
            case Faces():
                assert len(result.faces) == len(said["regions"]) > 0
                for face, region in zip(result.faces, said["regions"], strict=True):
                    assert face.score == region.get("value")
                    assert lies(face.box, region)
            case Moderation():
                known = [concept["name"] for concept in said["concepts"] if concept["name"] != "safe"]
                assert [category.native for category in result.categories] + [
                    warning.message.split()[3].rstrip(",") for warning in result.warnings
                ] == known
            case _:
                raise AssertionError


def test_objects_of_a_living_room() -> None:
    (answer,) = answers("object-detection/living-room")
    result = decoded(PROVIDER, question("detect"), answer)
    assert isinstance(result, Detections)
    assert len(result.objects) == 23
    assert result.objects[2].name == "Couch"


def test_the_answering_model_is_named() -> None:
    (answer,) = answers("face-demographics/three-heads")
    result = decoded(PROVIDER, question("faces"), answer)
    assert result.model == "clarifai/main/c0c0ac362b03416da06ab3fa36fb58e3/f783f0807c52474c8c6ad20c8cf45fc0"
    assert result.request_id == "613f83e27d7c425b94561124246a2f6d"


def test_age_and_gender_only_when_named() -> None:
    (answer,) = answers("face-demographics/three-heads")
    plain = decoded(PROVIDER, question("faces"), answer)
    asked = decoded(PROVIDER, question("faces", attributes=("age", "gender", "charm")), answer)
    assert isinstance(plain, Faces)
    assert isinstance(asked, Faces)
    assert not plain.faces[0].attributes
    (face,) = asked.faces
    assert (face.attributes["age"].value, face.attributes["age"].score) == (66.0, 0.48853946)
    assert (face.attributes["gender"].value, face.attributes["gender"].score) == ("male", 0.92702556)
    assert [(warning.code, "charm" in warning.message) for warning in asked.warnings] == [("attribute_unknown", True)]


def test_a_plain_face_has_no_age() -> None:
    result = decoded(PROVIDER, question("faces", attributes=("age",)), answers("face-detection/one-face")[0])
    assert isinstance(result, Faces)
    assert not result.faces[0].attributes
    assert [warning.code for warning in result.warnings] == ["attribute_unknown"]


def test_vectors_of_faces() -> None:
    (answer,) = answers("face-embedding/regions-with-embeddings")
    result = decoded(PROVIDER, question("faces", embedding=True), answer)
    assert isinstance(result, Faces)
    assert result.faces[0].embedding == (0.1, 0.2, 0.3)
    with pytest.raises(UnsupportedError, match="vectors"):
        decoded(PROVIDER, question("faces", embedding=True), answers("face-detection/one-face")[0])


def test_two_faces_with_the_same_vector_are_the_same() -> None:
    (answer,) = answers("face-embedding/regions-with-embeddings")
    result = decode("clarifai", "compare", [answer, answer])
    assert isinstance(result, Comparison)
    assert result.same
    assert result.similarity == pytest.approx(1.0)
    assert lies(result.b.box, data(answer)["regions"][0])


def test_what_is_safe_and_what_is_not() -> None:
    (answer,) = answers("moderation/safe-five-concepts")
    result = decoded(PROVIDER, question("moderate"), answer)
    assert isinstance(result, Moderation)
    scores = {concept["name"]: concept["value"] for concept in data(answer)["concepts"]}
    assert {category.native: category.score for category in result.categories} == {
        name: score for name, score in scores.items() if name != "safe"
    }
    assert {category.name for category in result.categories} == {"drugs", "sexual", "gore", "suggestive"}
    assert not result.flagged
    assert "violence" in result.not_assessed


def test_an_input_that_failed_fails() -> None:
    with pytest.raises(InputError, match="Download failed; check URL: 404 Client Error") as caught:
        decoded(PROVIDER, question("classify"), answers("errors/failure-10020-download-failed")[0])
    assert caught.value.code == "30002"
