"""OpenAI's own recorded answers."""

from __future__ import annotations

from base64 import b64decode

import pytest

from tests.clouds.bodies import body, decoded, manifest, needed, question
from visionhub import registry
from visionhub.errors import DecodeError, InputError
from visionhub.providers.openai.errors import refusal
from visionhub.tasks import Caption, Images, Moderation

PROVIDER = registry.get("openai")
pytestmark = needed


RESPONSES = ("responses-image-input/kiwi", "responses-image-input/potato-2025")
CHATS = ("chat-image-input/kiwi", "chat-image-input/gpt-4-vision-preview")
MODERATIONS = ("moderations/omni-image-only", "moderations/omni-text-and-image", "moderations/omni-text-only")
MADE = (
    "images-generations/gpt-image-1-2026", "images-generations/gpt-image-1-b64-usage", "images-generations/dalle2-b64",
    "images-edits/gpt-image-1.5-two-inputs",
)  # fmt: skip
TOOL = "responses-image-generation-tool/jpeg"
# DALL-E named an address where its pictures lay for an hour: there is nothing in these to give out.
ADDRESSES = (
    "images-generations/dalle2-url", "images-generations/dalle3-revised-prompt", "images-edits/dalle2-url", "images-variations/two-urls",
)  # fmt: skip
ERRORS = (
    "errors/chat-invalid-image-url", "errors/edits-invalid-image", "errors/generations-unknown-parameter-response-format",
)  # fmt: skip


def test_all_are_tested() -> None:
    known = {*RESPONSES, *CHATS, *MODERATIONS, *MADE, TOOL, *ADDRESSES, *ERRORS}
    assert {row["file"] for row in manifest("openai")} == {f"openai/{name}.json" for name in known}


@pytest.mark.parametrize("name", RESPONSES)
def test_answers_of_responses(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("caption", question="What?"), raw)
    assert isinstance(result, Caption)
    texts = [part["text"] for item in raw["output"] if item["type"] == "message" for part in item["content"]]
    assert result.text == "".join(texts).strip()
    assert (result.model, result.usage.units) == (raw["model"], raw["usage"]["total_tokens"])


@pytest.mark.parametrize("name", CHATS)
def test_answers_of_chat_completions(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("caption", question="What?"), raw)
    assert isinstance(result, Caption)
    assert result.text == raw["choices"][0]["message"]["content"].strip()
    assert result.usage.units == raw["usage"]["total_tokens"]
    is_cut = "finish_details" in raw["choices"][0]
    assert ("answer_cut" in {warning.code for warning in result.warnings}) == is_cut


@pytest.mark.parametrize("name", MODERATIONS)
def test_only_what_was_looked_for_in_the_picture(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("moderate"), raw)
    assert isinstance(result, Moderation)
    said = raw["results"][0]
    expected = [native for native in said["categories"] if "image" in said["category_applied_input_types"][native]]
    assert [category.native for category in result.categories] == expected
    assert all(category.score == said["category_scores"][category.native] for category in result.categories)
    assert all(category.flagged == said["categories"][category.native] for category in result.categories)
    assert result.flagged == said["flagged"]
    assert not result.warnings
    assert {"weapons", "medical"} <= set(result.not_assessed)


@pytest.mark.parametrize("name", MADE)
def test_new_pictures(name: str) -> None:
    raw = body(f"openai/{name}.json")
    result = decoded(PROVIDER, question("generate", model="gpt-image-2"), raw)
    assert isinstance(result, Images)
    assert [image.data for image in result.images] == [b64decode(one["b64_json"]) for one in raw["data"]]
    if "usage" in raw:
        assert result.usage.cost_usd == pytest.approx(
            (5 * raw["usage"]["input_tokens"] + 30 * raw["usage"]["output_tokens"]) / 1e6
        )
    else:
        assert result.usage.cost_usd is None


def test_a_picture_made_by_a_language_models_tool() -> None:
    raw = body(f"openai/{TOOL}.json")
    result = decoded(PROVIDER, question("generate"), raw)
    assert isinstance(result, Images)
    made = raw["output"][1]
    assert [(image.data, image.revised_prompt) for image in result.images] == [
        (b64decode(made["result"]), made["revised_prompt"])
    ]
    # The tokens that are told are the language model's alone.
    assert (result.model, result.usage.cost_usd) == (raw["model"], None)


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses_are_not_fetched(name: str) -> None:
    with pytest.raises(DecodeError, match="address in place of a picture") as caught:
        decoded(PROVIDER, question("generate"), body(f"openai/{name}.json"))
    assert "gpt-image" in str(caught.value.hint)


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    raw = body(f"openai/{name}.json")
    error = refusal(400, raw, {"x-request-id": "req_1"})
    assert isinstance(error, InputError)
    assert error.code == raw["error"]["code"]
    assert error.request_id == "req_1"
