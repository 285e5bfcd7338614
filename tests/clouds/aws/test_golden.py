"""AWS's own recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clouds.bodies import body, decoded, needed, question
from visionhub import registry
from visionhub.errors import InputError, RefusedError
from visionhub.geometry import Box
from visionhub.providers.aws.errors import refusal
from visionhub.tasks import Caption, Comparison, Detections, Faces, Labels, Moderation, Text

PROVIDER = registry.get("aws")
pytestmark = needed
LABELS = (
    "botocore-example", "doc-image-properties-v3", "doc-vehicles-model-2.0", "living-room-empty-instances", "street-people-cars",
)  # fmt: skip


def around(said: dict[str, float]) -> tuple[float, float, float, float]:
    """What is in the frame of a box that may leave it."""
    left, top, right, bottom = said["Left"], said["Top"], said["Left"] + said["Width"], said["Top"] + said["Height"]
    return max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)


def lies(box: Box, said: dict[str, float]) -> bool:
    return box.pixels(1, 1) == pytest.approx(around(said))


@pytest.mark.parametrize("name", LABELS)
def test_labels_and_their_instances(name: str) -> None:
    raw = body(f"aws-rekognition/detect-labels/{name}.json")
    labels = decoded(PROVIDER, question("classify"), raw)
    assert isinstance(labels, Labels)
    assert [label.name for label in labels.labels] == [said["Name"] for said in raw["Labels"]]
    for label, said in zip(labels.labels, raw["Labels"], strict=True):
        assert label.score == pytest.approx(float(said["Confidence"]) / 100)
        assert list(label.parents) == [parent["Name"] for parent in said.get("Parents", [])]
    instances = [(said["Name"], one) for said in raw["Labels"] for one in said.get("Instances", [])]
    instances.sort(key=lambda pair: pair[1]["Confidence"], reverse=True)
    objects = decoded(PROVIDER, question("detect"), raw)
    assert isinstance(objects, Detections)
    assert [found.name for found in objects.objects] == [name for name, _ in instances]
    assert all(lies(found.box, one["BoundingBox"]) for found, (_, one) in zip(objects.objects, instances, strict=True))


@pytest.mark.parametrize("name", ["glasses", "doc-two-faces-all-attributes"])
def test_faces(name: str) -> None:
    raw = body(f"aws-rekognition/detect-faces/{name}.json")
    call = question("faces", attributes=("age", "gender", "emotion", "smile", "charm"))
    result = decoded(PROVIDER, call, raw)
    assert isinstance(result, Faces)
    assert len(result.faces) == len(raw["FaceDetails"])
    for face, said in zip(result.faces, raw["FaceDetails"], strict=True):
        assert lies(face.box, said["BoundingBox"])
        assert face.landmarks["left_eye"].x > face.landmarks["right_eye"].x
        assert len(face.landmarks) == len(said["Landmarks"])
        assert face.attributes["age"].value == (said["AgeRange"]["Low"] + said["AgeRange"]["High"]) / 2
        assert face.attributes["gender"].value == said["Gender"]["Value"].lower()
        assert face.attributes["smile"].value is said["Smile"]["Value"]
    assert [warning.code for warning in result.warnings] == ["attribute_unknown"]


def test_attributes_are_not_told_unasked() -> None:
    result = decoded(PROVIDER, question("faces"), body("aws-rekognition/detect-faces/glasses.json"))
    assert isinstance(result, Faces)
    assert not result.faces[0].attributes


@pytest.mark.parametrize("name", ["one-match", "doc-unmatched"])
def test_the_largest_faces_are_compared(name: str) -> None:
    raw = body(f"aws-rekognition/compare-faces/{name}.json")
    result = decoded(PROVIDER, question("compare"), raw)
    assert isinstance(result, Comparison)
    faces: list[tuple[dict[str, Any], float | None]] = [
        (match["Face"], match["Similarity"]) for match in raw["FaceMatches"]
    ]
    faces += [(face, None) for face in raw["UnmatchedFaces"]]
    largest, similarity = max(
        faces, key=lambda pair: pair[0]["BoundingBox"]["Width"] * pair[0]["BoundingBox"]["Height"]
    )
    assert lies(result.b.box, largest["BoundingBox"])
    assert lies(result.a.box, raw["SourceImageFace"]["BoundingBox"])
    assert result.similarity == (None if similarity is None else pytest.approx(similarity / 100))
    assert result.same == (similarity is not None and similarity >= 80)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("gore-v6.1", {"gore", "violence"}),
        ("doc-explicit-nudity-v3", {"sexual"}),
        ("doc-smoking-v7-taxonomy-levels", {"tobacco", "drugs"}),
    ],
)
def test_moderation_of_every_model(name: str, known: set[str]) -> None:
    raw = body(f"aws-rekognition/detect-moderation-labels/{name}.json")
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    assert [category.native for category in result.categories] == [said["Name"] for said in raw["ModerationLabels"]]
    assert {category.name for category in result.categories} == known
    assert result.flagged
    assert set(result.not_assessed) == {"medical", "spoof"}


def test_lines_of_a_scene() -> None:
    raw = body("aws-rekognition/detect-text/its-monday.json")
    result = decoded(PROVIDER, question("ocr"), raw)
    assert isinstance(result, Text)
    lines = [said for said in raw["TextDetections"] if said["Type"] == "LINE"]
    words = [said for said in raw["TextDetections"] if said["Type"] == "WORD"]
    assert [line.text for line in result.lines] == [said["DetectedText"] for said in lines]
    assert sum(len(line.words) for line in result.lines) == len(words)
    for line in result.lines:
        assert " ".join(word.text for word in line.words) == line.text


@pytest.mark.parametrize(
    "name",
    [
        "detect-document-text/textractor-single-page",
        "detect-document-text/chinese-page-read-as-junk",
        "analyze-document/rotated-10-degrees",
    ],
)
def test_lines_of_a_document(name: str) -> None:
    raw = body(f"aws-textract/{name}.json")
    result = decoded(PROVIDER, question("ocr", model="textract"), raw)
    assert isinstance(result, Text)
    lines = [block for block in raw["Blocks"] if block["BlockType"] == "LINE"]
    assert [line.text for line in result.lines] == [block["Text"] for block in lines]
    words = {block["Id"]: block["Text"] for block in raw["Blocks"] if block["BlockType"] == "WORD"}
    for line, block in zip(result.lines, lines, strict=True):
        assert [word.text for word in line.words] == [words[name] for name in block["Relationships"][0]["Ids"]]
        for point, said in zip(line.polygon.points, block["Geometry"]["Polygon"], strict=True):
            assert (point.x, point.y) == pytest.approx((min(1, max(0, said["X"])), min(1, max(0, said["Y"]))))
    assert result.usage.cost_usd


@pytest.mark.parametrize("name", ["nova-pro-kiwi", "claude-dimensions"])
def test_captions(name: str) -> None:
    raw = body(f"aws-bedrock/converse-image-input/{name}.json")
    result = decoded(PROVIDER, question("caption", question="What is it?"), raw)
    assert isinstance(result, Caption)
    assert result.text == raw["output"]["message"]["content"][0]["text"].strip()
    assert result.usage.units == raw["usage"]["totalTokens"]


def test_errors_are_told_by_their_code() -> None:
    raw = body("aws-rekognition/errors/invalid-s3-object.json")
    error = refusal(
        {"Error": {"Code": raw["__type"], "Message": raw["Message"]}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    )
    assert isinstance(error, InputError)
    assert error.code == "InvalidS3ObjectException"


def test_a_refusal_inside_an_answer() -> None:
    with pytest.raises(RefusedError, match="prompt"):
        decoded(
            PROVIDER, question("generate"), {"seeds": [], "finish_reasons": ["Filter reason: prompt"], "images": []}
        )
