"""OpenAI's own recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clouds.bodies import body, decoded, needed, question
from visionhub import registry
from visionhub.errors import DecodeError, InputError, RefusedError
from visionhub.providers.openai.errors import refusal
from visionhub.tasks import Caption, Images, Moderation

PROVIDER = registry.get("openai")
pytestmark = needed


@pytest.mark.parametrize("name", ["responses-image-input/kiwi", "responses-image-input/potato-2025"])
def test_answers_of_responses(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("caption", question="What?"), raw)
    assert isinstance(result, Caption)
    texts = [part["text"] for item in raw["output"] if item["type"] == "message" for part in item["content"]]
    assert result.text == "".join(texts).strip()
    assert (result.model, result.usage.units) == (raw["model"], raw["usage"]["total_tokens"])


@pytest.mark.parametrize("name", ["kiwi", "gpt-4-vision-preview"])
def test_answers_of_chat_completions(name: str) -> None:
    raw = body(f"openai/chat-image-input/{name}.json")
    result = decoded(PROVIDER, question("caption", question="What?"), raw)
    assert isinstance(result, Caption)
    assert result.text == raw["choices"][0]["message"]["content"].strip()
    assert result.usage.units == raw["usage"]["total_tokens"]


@pytest.mark.parametrize("name", ["omni-image-only", "omni-text-and-image", "omni-text-only"])
def test_only_what_was_looked_for_in_the_picture(name: str) -> None:
    raw = body(f"openai/moderations/{name}.json")
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    said = raw["results"][0]
    applied = said.get("category_applied_input_types") or {}
    expected = {native for native, kinds in applied.items() if "image" in kinds}
    assert {category.native for category in result.categories} == expected
    assert all(category.score == said["category_scores"][category.native] for category in result.categories)
    assert {"weapons", "medical"} <= set(result.not_assessed)


@pytest.mark.parametrize(
    "name",
    ["images-generations/gpt-image-1-2026", "images-generations/gpt-image-1-b64-usage", "images-generations/dalle2-b64", "images-edits/gpt-image-1.5-two-inputs"],
)  # fmt: skip
def test_new_pictures(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("generate", model="gpt-image-2"), raw)
    assert isinstance(result, Images)
    assert len(result.images) == len(raw["data"])
    if "usage" in raw:
        assert result.usage.cost_usd == pytest.approx(
            (5 * raw["usage"]["input_tokens"] + 30 * raw["usage"]["output_tokens"]) / 1e6
        )
    else:
        assert result.usage.cost_usd is None


@pytest.mark.parametrize(
    "name",
    ["images-generations/dalle2-url", "images-generations/dalle3-revised-prompt", "images-edits/dalle2-url", "images-variations/two-urls"],
)  # fmt: skip
def test_addresses_are_not_fetched(name: str) -> None:
    with pytest.raises(DecodeError, match="address in place of a picture"):
        decoded(PROVIDER, question("generate"), body(f"openai/{name}.json"))


@pytest.mark.parametrize(
    "name", ["chat-invalid-image-url", "edits-invalid-image", "generations-unknown-parameter-response-format"]
)
def test_errors(name: str) -> None:
    raw = body(f"openai/errors/{name}.json")
    error = refusal(400, raw, {"x-request-id": "req_1"})
    assert isinstance(error, InputError)
    assert error.code == raw["error"]["code"]
    assert error.request_id == "req_1"


def responses(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"output": [{"type": "message", "content": list(content)}], **more}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (responses({"type": "refusal", "refusal": "I will not."}), RefusedError),
        (responses(status="incomplete", incomplete_details={"reason": "content_filter"}), RefusedError),
        (responses(status="incomplete", incomplete_details={"reason": "max_output_tokens"}), DecodeError),
        ({"choices": [{"message": {"refusal": "No.", "content": None}, "finish_reason": "stop"}]}, RefusedError),
    ],
)
def test_success_that_is_none(answer: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        decoded(PROVIDER, question("caption"), answer)


@pytest.mark.parametrize(
    "said", ['{"items": [{"name": "a"}]}', '{"items": [{"name": "a", "box": [9, 9, 1, 1]}]}', '{"items": [{"name": "a", "box": [0, 0, 1, 2000]}]}']
)  # fmt: skip
def test_boxes_are_checked(said: str) -> None:
    with pytest.raises(ValueError, match="box"):
        decoded(PROVIDER, question("detect"), responses({"type": "output_text", "text": said}))


def test_words_in_place_of_json() -> None:
    with pytest.raises(DecodeError, match="something else"):
        decoded(PROVIDER, question("detect"), responses({"type": "output_text", "text": "I see a cat."}))
