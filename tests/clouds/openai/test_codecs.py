"""What none of the recorded answers says: shapes, refusals, cuts, prices, and what may be asked besides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clouds.bodies import decoded, question
from visionhub import registry
from visionhub.errors import (
    ConfigError,
    DecodeError,
    InputError,
    ProviderError,
    RateLimitError,
    RefusedError,
    VisionError,
)
from visionhub.image import Image
from visionhub.kit import openai
from visionhub.providers.openai import caption, classify, detect, generate, moderate, ocr
from visionhub.tasks import (
    Caption,
    CaptionCall,
    ClassifyCall,
    DetectCall,
    Detections,
    GenerateCall,
    Labels,
    ModerateCall,
    Moderation,
    OcrCall,
)
from visionhub.tasks.moderate import Category
from visionhub.testing import pictures
from visionhub.wire import Response

PROVIDER = registry.get("openai")
IMAGE = Image(pictures.encoded(pictures.scene(64, 48)), name="scene.png")


def said(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"status": "completed", "output": [{"type": "message", "content": list(content)}], **more}


def text(words: Any, **more: Any) -> dict[str, Any]:
    written = words if isinstance(words, str) else json.dumps(words)
    return said({"type": "output_text", "text": written}, **more)


def chat(finish: str, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}]}


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(found)}


INCOMPLETE: dict[str, Any] = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said({"type": "refusal", "refusal": "I will not."}), RefusedError),
        (text("half", status="incomplete", incomplete_details={"reason": "content_filter"}), RefusedError),
        (chat("stop", refusal="No.", content=None), RefusedError),
        (chat("content_filter", content=""), RefusedError),
        ({"status": "failed", "error": {"code": "server_error", "message": "m"}, "output": []}, ProviderError),
        ({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "m"}, "output": []}, RateLimitError),
        ({"status": "failed", "error": {"code": "invalid_image_format", "message": "m"}}, InputError),
        ({"status": "failed", "error": {"code": "image_content_policy_violation", "message": "m"}}, RefusedError),
        ({"status": "failed", "error": {"code": "model_not_found", "message": "m"}}, ConfigError),
        ({"status": "failed", "error": None, "output": []}, ProviderError),
        ({"error": {"message": "m", "type": "insufficient_quota", "code": None}}, VisionError),
        ({**INCOMPLETE, "output": [{"type": "reasoning", "summary": []}]}, DecodeError),
        (chat("tool_calls", content=None), DecodeError),
    ],
)
@pytest.mark.parametrize("task", ["caption", "classify", "detect", "ocr"])
def test_success_that_is_none(answer: Any, kind: type[VisionError], task: str) -> None:
    codec = PROVIDER.codec(task)
    assert codec
    with pytest.raises(kind) as caught:
        codec.decode(Response(answer, 200, "req_1"), question(task))
    if not isinstance(caught.value, DecodeError):
        assert caught.value.request_id == "req_1"


@pytest.mark.parametrize("task", ["moderate", "generate"])
def test_an_error_in_place_of_an_answer(task: str) -> None:
    answer = {"error": {"message": "no", "type": "image_generation_user_error", "code": "moderation_blocked"}}
    with pytest.raises(RefusedError, match="no"):
        decoded(PROVIDER, question(task), answer)


def test_what_was_cut_off_is_told_or_is_no_answer() -> None:
    result = decoded(PROVIDER, question("caption"), text("A house on", **INCOMPLETE))
    assert isinstance(result, Caption)
    assert (result.text, [warning.code for warning in result.warnings]) == ("A house on", ["answer_cut"])
    with pytest.raises(DecodeError, match="cut off: max_output_tokens"):
        decoded(PROVIDER, question("detect"), text('{"items": [{"na', **INCOMPLETE))


@pytest.mark.parametrize(
    "answer",
    [
        items({"name": "a"}), items({"name": "a", "box": [9, 9, 1, 1]}), items({"name": "a", "box": [0, 0, 1, 2000]}),
        items({"name": "a", "box": [0, -1, 1, 1]}), items({"name": "a", "box": [0, 0, 1]}), items({"name": "a", "box": [0, 0, 0.5, 1]}),
        items({"name": "a", "box": ["0", "0", "1", "1"]}),
    ],
)  # fmt: skip
def test_boxes_are_checked(answer: Any) -> None:
    with pytest.raises(ValueError, match="box"):
        decoded(PROVIDER, question("detect"), text(answer))


@pytest.mark.parametrize("answer", [[], {}, {"items": {}}, items({"label": "a"}), items({"name": 5}), items({"name": "a", "score": 1})])  # fmt: skip
def test_shapes_are_checked(answer: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        decoded(PROVIDER, question("classify"), text(answer))


def test_words_in_place_of_json() -> None:
    with pytest.raises(DecodeError, match="something else"):
        decoded(PROVIDER, question("detect"), text("I see a cat."))


def test_boxes_are_thousandths_and_guesses() -> None:
    result = decoded(
        PROVIDER, question("detect", (640, 480)), text(items({"name": "cat", "box": [100, 200, 300, 1000]}))
    )
    assert isinstance(result, Detections)
    (cat,) = result.objects
    assert (cat.name, cat.score, cat.box.pixels(640, 480)) == ("cat", None, (64, 96, 192, 480))
    assert [warning.code for warning in result.warnings] == ["geometry_from_language_model"]


def test_nothing_found_is_an_answer() -> None:
    result = decoded(PROVIDER, question("classify"), text(items()))
    assert isinstance(result, Labels)
    assert result.labels == ()


@pytest.mark.parametrize(
    ("model", "cost"),
    [("gpt-5.6-luna", 0.2), ("gpt-5.6-luna-2026-07-01", 0.2), ("gpt-5.6-luna-pro", None), ("gpt-5.4-mini", 0.75), ("other", None)],
)  # fmt: skip
def test_a_price_is_that_of_the_model_itself(model: str, cost: float | None) -> None:
    used = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
    usage = decoded(PROVIDER, question("caption"), text("a", model=model, usage=used)).usage
    assert (usage.units, usage.cost_usd) == (1_000_000, None if cost is None else pytest.approx(cost))


def test_the_end_of_a_model_is_told() -> None:
    for model in ("gpt-4o", "gpt-4o-2024-08-06"):
        warnings = decoded(PROVIDER, question("caption"), text("a", model=model)).warnings
        assert [(warning.code, "2027-01-14" in warning.message) for warning in warnings] == [("model_retires", True)]
    assert not decoded(PROVIDER, question("caption"), text("a", model="gpt-5.6-luna")).warnings


def flagged(*natives: str, applied: dict[str, list[str]]) -> dict[str, Any]:
    known = {**dict.fromkeys(moderate.NAMES, False), **dict.fromkeys(natives, True)}
    scores = {native: float(flag) for native, flag in known.items()}
    verdict = {
        "flagged": bool(natives), "categories": known, "category_scores": scores, "category_applied_input_types": applied
    }  # fmt: skip
    return {"id": "modr", "model": "omni-moderation-latest", "results": [verdict]}


def test_what_is_flagged_elsewhere_is_not_hidden() -> None:
    answer = flagged("hate", "deepfake", applied={"violence": ["image"], "deepfake": ["image"], "hate": ["text"]})
    result = decoded(PROVIDER, question("moderate"), answer)
    assert isinstance(result, Moderation)
    assert result.flagged
    assert [category.native for category in result.categories] == ["violence"]
    assert [warning.code for warning in result.warnings] == ["category_unknown", "flagged_elsewhere"]
    assert "hate and deepfake" in result.warnings[1].message


def test_flags_survive_the_way_through_the_dialect() -> None:
    call = ModerateCall(image=IMAGE)
    seen = {native: ["image"] for native in moderate.SEEN}
    for native in moderate.SEEN:
        result = moderate.decode(Response(flagged(native, applied=seen)), call)
        again = moderate.decode(moderate.render(result, call), call)
        assert {category.native for category in again.categories if category.flagged} == {native}
        assert {category.native for category in again.categories} == set(moderate.SEEN)
    weapons = Moderation.of([Category(name="weapons", score=0.9, flagged=True, native="gun")])
    assert moderate.decode(moderate.render(weapons, call), call).flagged
    twice = Moderation.of(
        [Category(name="sexual", score=score, flagged=score > 0.5, native="x") for score in (0.9, 0.1)]
    )
    (one,) = moderate.decode(moderate.render(twice, call), call).categories
    assert (one.flagged, one.score) == (True, 0.9)


EXTRA: dict[str, Any] = {"detail": "high", "text": {"verbosity": "low"}, "store": False, "reasoning": {"effort": "low"}}


@pytest.mark.parametrize(
    ("codec", "call"),
    [
        (classify, ClassifyCall(image=IMAGE, labels=("a", "b"), extra=EXTRA)), (detect, DetectCall(image=IMAGE, extra=EXTRA)),
        (ocr, OcrCall(image=IMAGE, model="gpt-5.6-sol", extra=EXTRA)), (caption, CaptionCall(image=IMAGE, language="de", extra=EXTRA)),
        (caption, CaptionCall(image=IMAGE, question="What is it?", language="pt-BR", extra=EXTRA)),
        (generate, GenerateCall(prompt="a", size=(1536, 864), count=3, extra={"quality": "low"})),
        (moderate, ModerateCall(image=IMAGE, extra={"user": "u"})),
    ],
)  # fmt: skip
def test_what_else_is_asked_survives_the_round_trip(codec: Any, call: Any) -> None:
    request = codec.encode(call)
    assert codec.parse(request) == call
    if "input" in request.body and codec is not moderate:
        (asked,) = request.body["input"]
        assert asked["content"][1] == {"type": "input_image", "image_url": IMAGE.data, "detail": "high"}
        assert request.body["text"]["verbosity"] == "low"
        assert request.body["store"] is False
        if codec is not caption:
            assert request.body["text"]["format"]["name"] == f"visionhub_{call.task}"


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp")])
def test_a_picture_is_named_by_its_bytes(kind: str, media_type: str) -> None:
    data = pictures.encoded(pictures.scene(32, 24), kind)
    uri = openai.data_uri(data)
    assert uri.startswith(f"data:image/{media_type};base64,")
    assert openai.opened(uri) == data


def test_a_strict_shape_asks_for_everything_and_nothing_else() -> None:
    def checked(schema: dict[str, Any]) -> None:
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
        for part in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
            checked(part)

    for codec, call in ((classify, ClassifyCall(image=IMAGE)), (detect, DetectCall(image=IMAGE)), (ocr, OcrCall(image=IMAGE))):  # fmt: skip
        shape = codec.encode(call).body["text"]["format"]
        assert (shape["type"], shape["strict"]) == ("json_schema", True)
        checked(shape["schema"])
