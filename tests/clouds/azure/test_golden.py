"""Azure's own recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clouds.bodies import body, decoded, needed, question
from visionhub import registry
from visionhub.errors import DecodeError, InputError, RateLimitError, UnsupportedError
from visionhub.geometry import Box
from visionhub.provider import read_answer
from visionhub.providers.azure.errors import refusal
from visionhub.tasks import Caption, Comparison, Detections, Faces, Labels, Moderation, Text
from visionhub.wire import Response

PROVIDER = registry.get("azure")
ALL = "azure-vision-v4/all-features/sdk-sample-image.json"
pytestmark = needed


def lies(box: Box, said: dict[str, float], size: tuple[int, int]) -> bool:
    left, top = said.get("x", said.get("left", 0)), said.get("y", said.get("top", 0))
    right, bottom = left + said.get("w", said.get("width", 0)), top + said.get("h", said.get("height", 0))
    wide, high = size
    return box.pixels(1, 1) == pytest.approx((left / wide, top / high, min(1, right / wide), min(1, bottom / high)))


def size(raw: dict[str, Any]) -> tuple[int, int]:
    return raw["metadata"]["width"], raw["metadata"]["height"]


def test_tags() -> None:
    raw = body(ALL)
    result = decoded(PROVIDER, question("classify"), raw)
    assert isinstance(result, Labels)
    assert [(label.name, label.score) for label in result.labels] == [
        (tag["name"], tag["confidence"]) for tag in raw["tagsResult"]["values"]
    ]
    assert result.model == "2023-10-01"


@pytest.mark.parametrize(
    "name", [ALL, "azure-vision-v4/objects/kitchen-preview-shape.json", "azure-vision-v4/people/family-photo.json"]
)
def test_objects_and_people(name: str) -> None:
    raw = body(name)
    result = decoded(PROVIDER, question("detect"), raw)
    assert isinstance(result, Detections)
    values = [said for part in ("objectsResult", "peopleResult") for said in raw.get(part, {"values": []})["values"]]
    assert len(result.objects) == len(values) > 0
    for found, said in zip(result.objects, values, strict=True):
        assert lies(found.box, said["boundingBox"], size(raw))
        tag = (said.get("tags") or [{"name": said.get("name", "person"), "confidence": said.get("confidence")}])[0]
        assert (found.name, found.score) == (tag["name"], tag["confidence"])


@pytest.mark.parametrize("name", [ALL, "azure-vision-v4/read/handwritten-note.json"])
def test_lines_and_words(name: str) -> None:
    raw = body(name)
    result = decoded(PROVIDER, question("ocr"), raw)
    assert isinstance(result, Text)
    lines = [line for block in raw["readResult"]["blocks"] for line in block["lines"]]
    assert [line.text for line in result.lines] == [line["text"] for line in lines]
    wide, high = size(raw)
    for line, said in zip(result.lines, lines, strict=True):
        assert [word.text for word in line.words] == [word["text"] for word in said["words"]]
        for point, corner in zip(line.polygon.points, said["boundingPolygon"], strict=True):
            assert (point.x, point.y) == pytest.approx((corner["x"] / wide, corner["y"] / high))


def test_a_caption_and_those_of_parts() -> None:
    raw = body(ALL)
    result = decoded(PROVIDER, question("caption"), raw)
    assert isinstance(result, Caption)
    assert (result.text, result.score) == (raw["captionResult"]["text"], raw["captionResult"]["confidence"])
    dense = raw["denseCaptionsResult"]["values"]
    assert len(result.regions) == len(dense)
    assert all(
        lies(region.box, said["boundingBox"], size(raw)) for region, said in zip(result.regions, dense, strict=True)
    )
    assert result.usage.units == 2
    assert result.usage.cost_usd == pytest.approx(0.003)


def test_a_face_and_its_landmarks() -> None:
    raw = body("azure-face/detect/one-face-landmarks.json")
    result = decoded(PROVIDER, question("faces", (225, 225)), raw)
    assert isinstance(result, Faces)
    (face,) = result.faces
    assert lies(face.box, raw[0]["faceRectangle"], (225, 225))
    assert face.landmarks["left_eye"].x > face.landmarks["right_eye"].x
    assert len(face.landmarks) == len(raw[0]["faceLandmarks"]) == 27
    assert face.score is None


def test_no_face_is_no_error() -> None:
    result = decoded(PROVIDER, question("faces"), body("azure-face/detect/no-face.json"))
    assert isinstance(result, Faces)
    assert not result.faces


def test_what_is_withdrawn_is_absent_even_where_an_old_answer_holds_it() -> None:
    raw = body("azure-face/detect/attributes-2017.json")
    asked = ("age", "gender", "emotion", "smile", "glasses", "noise", "charm")
    result = decoded(PROVIDER, question("faces", attributes=asked), raw)
    assert isinstance(result, Faces)
    assert set(result.faces[0].attributes) == {"glasses", "noise"}
    assert result.faces[0].attributes["glasses"].value is False
    codes = [warning.code for warning in result.warnings]
    assert codes == ["attribute_withdrawn"] * 4 + ["attribute_unknown"]


def test_a_comparison_takes_three_answers() -> None:
    face = Response(body("azure-face/detect/one-face-landmarks.json"))
    verdict = body("azure-face/verify/not-identical.json")
    codec = PROVIDER.codec("compare")
    assert codec
    result = read_answer(codec, Response(verdict, earlier=(face, face)), question("compare", (225, 225)))
    assert isinstance(result, Comparison)
    assert (result.same, result.similarity, result.threshold) == (False, verdict["confidence"], 0.5)
    assert result.a == result.b


@pytest.mark.parametrize("name", ["ga-shape-violence-2", "live-violence-2-preview-shape"])
def test_severities(name: str) -> None:
    result = decoded(PROVIDER, question("moderate"), body(f"azure-content-safety/image-analyze/{name}.json"))
    assert isinstance(result, Moderation)
    levels = {category.native: category.level for category in result.categories}
    assert levels == {"Hate": "safe", "SelfHarm": "safe", "Sexual": "safe", "Violence": "low"}
    assert not result.flagged
    assert all(category.score is None for category in result.categories)


@pytest.mark.parametrize(
    ("name", "status", "kind", "wait"),
    [
        ("azure-vision-v4/errors/unsupported-feature", 400, UnsupportedError, None),
        ("azure-face/errors/face-not-found-404", 404, InputError, None),
        ("azure-face/errors/rate-limit-429", 429, RateLimitError, 26),
    ],
)
def test_errors(name: str, status: int, kind: type[Exception], wait: float | None) -> None:
    error = refusal(status, body(f"{name}.json"), {})
    assert type(error) is kind
    assert error.retry_after == wait


def test_comparing_has_to_be_applied_for() -> None:
    said = {
        "error": {
            "code": "InvalidRequest",
            "message": "x",
            "innererror": {"code": "UnsupportedFeature", "message": "missing approval"},
        }
    }
    error = refusal(403, said, {})
    assert isinstance(error, UnsupportedError)
    assert "applied for" in str(error)


# Of the versions before: stored answers, read as if 4.0 had said them.

V3 = "azure-vision-v3"


@pytest.mark.parametrize("name", ["analyze/wolf-hints", "analyze/house-many-features"])
def test_tags_of_version_3(name: str) -> None:
    raw = body(f"{V3}/{name}.json")
    labels = decoded(PROVIDER, question("classify"), raw)
    assert isinstance(labels, Labels)
    assert [(label.name, label.score) for label in labels.labels] == [
        (tag["name"], tag["confidence"]) for tag in raw["tags"]
    ]


def test_a_caption_of_version_3_and_its_tags() -> None:
    raw = body(f"{V3}/analyze/wolf-hints.json")
    result = decoded(PROVIDER, question("caption"), raw)
    assert isinstance(result, Caption)
    assert result.text == raw["description"]["captions"][0]["text"]
    assert list(result.tags) == raw["description"]["tags"]


def test_a_caption_in_japanese() -> None:
    result = decoded(PROVIDER, question("caption"), body(f"{V3}/describe/dog-japanese.json"))
    assert isinstance(result, Caption)
    assert (result.text, result.usage.units) == ("犬の顔", 1)


def test_objects_of_version_3_and_their_wider_kinds() -> None:
    raw = body(f"{V3}/objects/living-room-with-parent.json")
    result = decoded(PROVIDER, question("detect"), raw)
    assert isinstance(result, Detections)
    assert [(found.name, found.parents) for found in result.objects] == [
        ("couch", ("seating",)), ("person", ()), ("couch", ("seating",))
    ]  # fmt: skip
    assert all(
        lies(found.box, said["rectangle"], (1920, 1080))
        for found, said in zip(result.objects, raw["objects"], strict=True)
    )


@pytest.mark.parametrize(
    ("name", "lines", "of", "told"),
    [
        ("read/signage-3-succeeded", ("analyzeResult", "readResults", 0, "lines"), (250, 258), (999, 999)),
        ("recognize-text/i-love-you-3-succeeded", ("recognitionResult", "lines"), (500, 500), (500, 500)),
    ],
)
def test_text_of_version_3(name: str, lines: tuple[Any, ...], of: tuple[int, int], told: tuple[int, int]) -> None:
    raw = found = body(f"{V3}/{name}.json")
    for part in lines:
        found = found[part]
    result = decoded(PROVIDER, question("ocr", told), raw)
    assert isinstance(result, Text)
    assert [line.text for line in result.lines] == [line["text"] for line in found]
    for line, said in zip(result.lines, found, strict=True):
        flat = [value for point in line.polygon.points for value in (point.x * of[0], point.y * of[1])]
        assert flat == pytest.approx([min(max(value, 0), 500) for value in said["boundingBox"]])
        assert [(word.text, word.score) for word in line.words] == [
            (word["text"], word.get("confidence")) for word in said["words"]
        ]


def test_text_of_the_oldest_ocr() -> None:
    result = decoded(PROVIDER, question("ocr", (336, 484)), body(f"{V3}/ocr-legacy/sparse-text.json"))
    assert isinstance(result, Text)
    assert [(line.text, line.language) for line in result.lines] == [("2.", "en"), ("2.2", "en")]
    assert result.lines[1].polygon.box.pixels(336, 484) == pytest.approx((61, 388, 75, 396))


@pytest.mark.parametrize("name", ["read/signage-2-running", "recognize-text/i-love-you-2-running"])
def test_what_is_not_ready_is_no_answer(name: str) -> None:
    codec = PROVIDER.codec("ocr")
    assert codec
    with pytest.raises(DecodeError):
        read_answer(codec, Response(body(f"{V3}/{name}.json")), question("ocr"))


def test_verdicts_of_version_3() -> None:
    result = decoded(PROVIDER, question("moderate"), body(f"{V3}/adult/gore-over-half.json"))
    assert isinstance(result, Moderation)
    assert not result.flagged, "the vendor's own verdict counts, not the score"
    assert [(one.name, one.native, round(one.score or 0, 2)) for one in result.categories] == [
        ("sexual", "Adult", 0.01), ("suggestive", "Racy", 0.01), ("gore", "Gory", 0.53)
    ]  # fmt: skip


def test_verdicts_among_other_features() -> None:
    result = decoded(PROVIDER, question("moderate"), body(f"{V3}/analyze/house-many-features.json"))
    assert isinstance(result, Moderation)
    assert [(one.name, one.flagged) for one in result.categories] == [
        ("sexual", False), ("suggestive", False), ("gore", False)
    ]  # fmt: skip


def test_an_address_that_cannot_be_fetched() -> None:
    assert type(refusal(400, body(f"{V3}/errors/invalid-image-url.json"), {})) is InputError


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("classify", ALL), ("detect", ALL), ("ocr", ALL), ("ocr", "azure-vision-v4/read/handwritten-note.json"), ("caption", ALL),
        ("faces", "azure-face/detect/one-face-landmarks.json"), ("faces", "azure-face/detect/no-face.json"),
        ("moderate", "azure-content-safety/image-analyze/ga-shape-violence-2.json"), ("ocr", f"{V3}/read/signage-3-succeeded.json"),
    ],
)  # fmt: skip
def test_what_was_recorded_can_be_told_again(task: str, name: str) -> None:
    codec, raw = PROVIDER.codec(task), body(name)
    assert codec
    assert codec.render
    of = size(raw) if isinstance(raw, dict) and "metadata" in raw else (225, 225)
    call = question(task, of)
    once = codec.decode(Response(raw), call)
    told = codec.render(once, call)
    again = codec.decode(told, call)
    assert codec.decode(codec.render(again, call), call) == again
    whole = {"detect": "objects", "ocr": "lines", "classify": "labels", "faces": "faces", "moderate": "categories"}.get(
        task
    )
    if whole:
        assert len(getattr(again, whole)) == len(getattr(once, whole))
