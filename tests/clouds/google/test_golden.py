"""Google's own recorded answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clouds.bodies import body, decoded, manifest, needed, question
from visionhub import registry
from visionhub.errors import InputError, RefusedError
from visionhub.geometry import Box
from visionhub.tasks import Caption, Detections, Faces, Images, Labels, Moderation, Text

PROVIDER = registry.get("google")
pytestmark = needed


def whole(name: str, inside: str | None = None) -> dict[str, Any]:
    """A stored answer with its envelope, which some of them lack."""
    raw: dict[str, Any] = body(f"google-cloud-vision/{name}.json")
    if "responses" in raw:
        return raw
    return {"responses": [{inside: raw} if inside else raw]}


def around(poly: dict[str, Any], width: int, height: int) -> tuple[float, ...]:
    xs = [min(1, max(0, point.get("x", 0) / width)) for point in poly["vertices"]]
    ys = [min(1, max(0, point.get("y", 0) / height)) for point in poly["vertices"]]
    return min(xs), min(ys), max(xs), max(ys)


def lies(box: Box, sides: tuple[float, ...]) -> bool:
    return box.pixels(1, 1) == pytest.approx(sides)


def test_labels() -> None:
    raw = whole("label-detection/automobile")
    result = decoded(PROVIDER, question("classify"), raw)
    assert isinstance(result, Labels)
    said = raw["responses"][0]["labelAnnotations"]
    assert [(label.name, label.score, label.id) for label in result.labels] == [
        (one["description"], one["score"], one["mid"]) for one in said
    ]


def test_objects() -> None:
    raw = whole("object-localization/living-room")
    result = decoded(PROVIDER, question("detect"), raw)
    assert isinstance(result, Detections)
    said = raw["responses"][0]["localizedObjectAnnotations"]
    assert [found.name for found in result.objects] == [one["name"] for one in said]
    for found, one in zip(result.objects, said, strict=True):
        poly = {"vertices": one["boundingPoly"]["normalizedVertices"]}
        assert lies(found.box, around(poly, 1, 1))


@pytest.mark.parametrize(
    ("name", "size"), [("one-face-missing-y", (225, 225)), ("multi-face-all-landmarks", (2000, 2000))]
)
def test_faces(name: str, size: tuple[int, int]) -> None:
    raw = whole(f"face-detection/{name}")
    result = decoded(PROVIDER, question("faces", size, attributes=("emotion", "joy", "headwear", "age")), raw)
    assert isinstance(result, Faces)
    said = raw["responses"][0]["faceAnnotations"]
    assert len(result.faces) == len(said)
    for face, one in zip(result.faces, said, strict=True):
        assert lies(face.box, around(one["fdBoundingPoly"], *size))
        assert len(face.landmarks) == len(one["landmarks"])
        assert face.landmarks["left_eye"].x > face.landmarks["right_eye"].x
        assert face.pose
        assert face.pose.roll == one["rollAngle"]
        assert face.attributes["joy"].value == one["joyLikelihood"].lower()
    assert [warning.code for warning in result.warnings] == ["attribute_unknown"]


def test_withdrawn_emotions_are_absent() -> None:
    raw = whole("face-detection/one-face-missing-y")
    for name in ("joy", "sorrow", "anger", "surprise"):
        raw["responses"][0]["faceAnnotations"][0][f"{name}Likelihood"] = "UNKNOWN"
    result = decoded(PROVIDER, question("faces", (225, 225), attributes=("emotion", "joy")), raw)
    assert isinstance(result, Faces)
    assert not result.faces[0].attributes
    assert [warning.code for warning in result.warnings] == ["attribute_withdrawn"]


@pytest.mark.parametrize(
    ("name", "inside", "flagged", "unknown"),
    [
        ("enum-ints", "safeSearchAnnotation", set(), set()),
        ("enum-strings", "safeSearchAnnotation", {"violence"}, set()),
        ("no-racy-field", None, set(), {"suggestive"}),
    ],
)
def test_steps_of_likelihood(name: str, inside: str | None, flagged: set[str], unknown: set[str]) -> None:
    result = decoded(PROVIDER, question("moderate"), whole(f"safe-search/{name}", inside))
    assert isinstance(result, Moderation)
    assert {category.name for category in result.categories if category.flagged} == flagged
    assert all(category.score is None and category.level for category in result.categories)
    assert unknown <= set(result.not_assessed)
    assert len(result.categories) == 5 - len(unknown)


def words(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for page in raw["responses"][0]["fullTextAnnotation"]["pages"]:
        for block in page["blocks"]:
            for paragraph in block["paragraphs"]:
                yield from paragraph["words"]


def test_a_page() -> None:
    raw = whole("text-detection/zh-negative-coordinates")
    result = decoded(PROVIDER, question("ocr", (336, 484)), raw)
    assert isinstance(result, Text)
    read = [word for line in result.lines for word in line.words]
    said = list(words(raw))
    assert len(read) == len(said)
    for word, one in zip(read, said, strict=True):
        assert word.text == "".join(symbol["text"] for symbol in one["symbols"])
        assert lies(word.polygon.box, around(one["boundingBox"], 336, 484))
    whole_text = raw["responses"][0]["fullTextAnnotation"]["text"]
    assert [line.text for line in result.lines] == [line.strip() for line in whole_text.splitlines()]


def test_a_page_whose_size_stands_in_the_answer() -> None:
    raw = whole("document-text-detection/fulltext-one-symbol")
    result = decoded(PROVIDER, question("ocr"), raw)
    assert isinstance(result, Text)
    assert lies(result.lines[0].words[0].polygon.box, (377 / 792, 8 / 1872, 434 / 792, 22 / 1872))
    assert result.lines[0].language == "en"


def test_words_without_a_page_are_dealt_out_to_the_lines() -> None:
    raw = whole("text-detection/google-cloudplatform")
    result = decoded(PROVIDER, question("ocr"), raw)
    assert isinstance(result, Text)
    said = raw["responses"][0]["textAnnotations"]
    assert [line.text for line in result.lines] == said[0]["description"].splitlines()
    assert sum(len(line.words) for line in result.lines) == len(said) - 1


@pytest.mark.parametrize("name", ["caption/describe-image-8x8", "vqa/gemini-pro-vision-logos", "vqa/kiwi"])
def test_captions(name: str) -> None:
    raw = body(f"google-gemini/generate-content-{name}.json")
    result = decoded(PROVIDER, question("caption", question="What?"), raw)
    assert isinstance(result, Caption)
    assert result.text == raw["candidates"][0]["content"]["parts"][0]["text"].strip()
    assert result.usage.units == raw["usageMetadata"]["totalTokenCount"]


def test_a_new_picture() -> None:
    raw = body("google-gemini/generate-content-image/gemini-2.5-flash-image-jpeg.json")
    result = decoded(PROVIDER, question("generate"), raw)
    assert isinstance(result, Images)
    assert (result.images[0].media_type, result.images[0].width) == ("image/jpeg", 1)
    assert result.model == "gemini-2.5-flash-image"


@pytest.mark.parametrize(
    "feedback", [{"promptFeedback": {"blockReason": "SAFETY"}}, {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}]
)
def test_a_refusal_inside_an_answer(feedback: Any) -> None:
    for task in ("caption", "generate"):
        with pytest.raises(RefusedError, match="SAFETY"):
            decoded(PROVIDER, question(task), feedback)


def test_a_picture_that_failed_inside_an_answer() -> None:
    raw = {"responses": [{"error": {"code": 3, "message": "Bad image data."}}]}
    with pytest.raises(InputError, match="Bad image data") as caught:
        decoded(PROVIDER, question("detect"), raw)
    assert caught.value.code == "INVALID_ARGUMENT"


# Every recorded answer of our tasks, with the size of its picture.
ANSWERS = [
    ("classify", "label-detection/automobile", None, (1000, 1000)),
    ("detect", "object-localization/living-room", None, (1920, 1080)),
    ("faces", "face-detection/one-face-missing-y", None, (225, 225)),
    ("faces", "face-detection/multi-face-all-landmarks", None, (2000, 2000)),
    ("moderate", "safe-search/enum-ints", "safeSearchAnnotation", (300, 168)),
    ("moderate", "safe-search/enum-strings", "safeSearchAnnotation", (300, 168)),
    ("moderate", "safe-search/no-racy-field", None, (1000, 1000)),
    ("ocr", "text-detection/zh-negative-coordinates", None, (336, 484)),
    ("ocr", "text-detection/google-cloudplatform", None, (1000, 1000)),
    ("ocr", "document-text-detection/fulltext-one-symbol", None, (792, 1872)),
]
OTHERS = ("crop-hints", "image-properties", "landmark-detection", "logo-detection", "web-detection")


def test_no_recorded_answer_is_left_out() -> None:
    names = {row["file"] for row in manifest("google-cloud-vision") if row["operation"] not in OTHERS}
    assert names == {f"google-cloud-vision/{name}.json" for _, name, _, _ in ANSWERS}
    assert len(manifest("google-gemini")) == 4


@pytest.mark.parametrize(("task", "name", "inside", "size"), ANSWERS)
def test_what_is_told_again_is_the_same(task: str, name: str, inside: str | None, size: tuple[int, int]) -> None:
    codec, call = PROVIDER.codec(task), question(task, size)
    assert codec
    assert codec.render
    once = decoded(PROVIDER, call, whole(name, inside))
    twice = codec.decode(codec.render(once, call), call)
    if isinstance(once, Text) and isinstance(twice, Text):
        # The polygon of a line is made of its words', in whole pixels.
        assert twice.text == once.text
        assert [line.words for line in twice.lines] == [line.words for line in once.lines]
        assert [line.language or None for line in twice.lines] == [line.language for line in once.lines]
    else:
        assert twice == once
