"""OpenAI's own client against the gateway, blocking and async: it reads the answers, and sends what our wire sends."""

from __future__ import annotations

import asyncio
import io
import json
from base64 import b64decode
from typing import Any

import openai
import pytest
from PIL import Image as Pillow

from tests.clouds.openai.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import (
    AuthError,
    InputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedError,
    TimeoutError,
    VisionError,
)
from visionhub.flow import arun, run
from visionhub.gateway import Gateway
from visionhub.hub import AsyncHub
from visionhub.image import Image
from visionhub.kit.openai import data_uri
from visionhub.tasks import CaptionCall, ClassifyCall, DetectCall, GenerateCall, ModerateCall, OcrCall
from visionhub.testing import FakeProvider, pictures, results

PICTURE = pictures.encoded(pictures.scene(), "JPEG")
IMAGE = Image(PICTURE, name="scene.jpg")
URI = data_uri(PICTURE)
ASKED: Any = [
    {
        "role": "user",
        "content": [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": URI}],
    }
]
CHAT: Any = [
    {
        "role": "user",
        "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": URI}}],
    }
]
CAPTION = results.answer(CaptionCall(image=IMAGE, question="What is it?")).text


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(max_retries=0, **at(url))


def test_words(gateway: str) -> None:
    with client(gateway) as known:
        assert known.responses.create(model="any", input=ASKED).output_text == CAPTION
        assert known.chat.completions.create(model="any", messages=CHAT).choices[0].message.content == CAPTION


def test_a_picture_without_words_is_described(gateway: str) -> None:
    shown: Any = [{"role": "user", "content": [ASKED[0]["content"][1]]}]
    with client(gateway) as known:
        said = known.responses.create(model="any", input=shown).output_text
    assert said == results.answer(CaptionCall(image=IMAGE)).text


def test_a_picture_from_an_earlier_turn(gateway: str) -> None:
    turns: Any = [*CHAT, {"role": "assistant", "content": "A house."}, {"role": "user", "content": "What is it?"}]
    system: Any = {"role": "system", "content": "Be brief."}
    with client(gateway) as known:
        answer = known.chat.completions.create(model="any", messages=[system, *turns])
    assert answer.choices[0].message.content == CAPTION


def test_words_async(gateway: str) -> None:
    async def ask() -> tuple[str, str | None]:
        async with openai.AsyncOpenAI(max_retries=0, **at(gateway)) as known:
            words = (await known.responses.create(model="any", input=ASKED)).output_text
            return words, (await known.chat.completions.create(model="any", messages=CHAT)).choices[0].message.content

    assert asyncio.run(ask()) == (CAPTION, CAPTION)


def test_answers_are_what_the_clients_models_say(gateway: str) -> None:
    asked: Any = [{"type": "image_url", "image_url": {"url": URI}}]
    with client(gateway) as known:
        found = [
            known.responses.create(model="any", input=ASKED),
            known.chat.completions.create(model="any", messages=CHAT),
            known.images.generate(model="any", prompt="a house"),
            known.moderations.create(input=asked),
        ]
    for answer in found:
        # Its client fills its models without a look; here each field is checked.
        type(answer).model_validate_json(answer.to_json(use_api_names=True))
        assert answer._request_id == "req_visionhub"


@pytest.mark.parametrize(
    ("kind", "field", "listed"), [(ClassifyCall, "name", "labels"), (DetectCall, "name", "objects"), (OcrCall, "text", "lines")]
)  # fmt: skip
def test_shapes_are_answered(gateway: str, kind: Any, field: str, listed: str) -> None:
    call = kind(image=IMAGE)
    shape = encoded(call)["text"]
    in_chat: Any = {
        "type": "json_schema",
        "json_schema": {name: shape["format"][name] for name in ("name", "schema", "strict")},
    }
    with client(gateway) as known:
        said = known.responses.create(model="any", input=ASKED, text=shape).output_text
        chat = known.chat.completions.create(model="any", messages=CHAT, response_format=in_chat)
    assert said == chat.choices[0].message.content
    found = getattr(results.answer(call), listed)
    answered = json.loads(said)["items"]
    assert [one[field] for one in answered] == [getattr(one, field) for one in found]
    for one, expected in zip(answered, found, strict=True):
        box = getattr(expected, "box", None) or getattr(getattr(expected, "polygon", None), "box", None)
        if box:
            assert one["box"] == [round(1000 * side) for side in (box.x0, box.y0, box.x1, box.y1)]


def encoded(call: Any) -> Any:
    codec = registry.get("openai").codec(call.task)
    assert codec
    return codec.encode(call).body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("responses", {"model": "any", "input": "What is it?"}),
        ("responses", {"model": "any", "input": ASKED, "stream": True}),
        ("responses", {"model": "any", "input": ASKED, "text": {"format": {"type": "json_schema", "name": "theirs", "schema": {}}}}),
        ("responses", {"model": "any", "input": [{"role": "user", "content": [*ASKED[0]["content"], ASKED[0]["content"][1]]}]}),
        ("responses", {"model": "any", "input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]}),
        ("responses", {"model": "any", "input": 5}), ("responses", {}), ("chat/completions", {"model": "any", "messages": []}),
        ("moderations", {"input": "words"}), ("moderations", {"input": ["words"]}),
        ("moderations", {"input": [{"type": "image_url", "image_url": {"url": URI}}] * 2}), ("images/generations", {"model": "any"}),
        ("images/generations", {"prompt": "a", "stream": True}),
    ],
)  # fmt: skip
def test_what_is_not_served_is_a_bad_request(gateway: str, path: str, body: Any) -> None:
    with client(gateway) as known, pytest.raises(openai.BadRequestError) as caught:
        known.post(f"/{path}", body=body, cast_to=object)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id == "req_visionhub"


def test_an_address_is_not_opened(gateway: str) -> None:
    named: Any = [{"role": "user", "content": [{"type": "input_image", "image_url": "https://vendor.invalid/a.png"}]}]
    with client(gateway) as known, pytest.raises(openai.BadRequestError) as caught:
        known.responses.create(model="any", input=named)
    assert caught.value.code == "invalid_image_url"


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (AuthError("no"), openai.AuthenticationError, "invalid_api_key"), (QuotaError("no"), openai.RateLimitError, "insufficient_quota"),
        (RateLimitError("no", retry_after=1.5), openai.RateLimitError, "rate_limit_exceeded"),
        (RefusedError("no"), openai.BadRequestError, "moderation_blocked"),
        (RefusedError("no", code="content_policy_violation"), openai.BadRequestError, "content_policy_violation"),
        (InputError("no", code="elsewhere"), openai.BadRequestError, "invalid_image_format"),
        (ProviderError("no"), openai.InternalServerError, None), (TimeoutError("no"), openai.InternalServerError, None),
    ],
)  # fmt: skip
def test_errors_come_back_as_they_were(error: VisionError, kind: type[openai.APIStatusError], code: str | None) -> None:
    def fail(call: Any) -> Any:
        raise error

    with serving(Gateway(AsyncHub(FakeProvider(fail)))) as url:
        with client(url) as known, pytest.raises(kind) as caught:
            known.responses.create(model="any", input=ASKED)
        assert caught.value.code == code
        assert caught.value.response.headers.get("retry-after") == ("1.5" if error.retry_after else None)
        ours = registry.get("openai").with_options(at(url))
        with pytest.raises(type(error) if code else ProviderError) as read:
            run(ours(CaptionCall(image=IMAGE)))
        assert read.value.retry_after == error.retry_after
        ours.close()


def test_moderation_and_pictures(gateway: str) -> None:
    flagged = {found.name for found in results.answer(ModerateCall(image=IMAGE)).categories if found.flagged}
    with client(gateway) as known:
        asked: Any = [{"type": "image_url", "image_url": {"url": URI}}]
        said = known.moderations.create(model="omni-moderation-latest", input=asked).results[0]
        assert said.categories.violence == ("violence" in flagged)
        made = known.images.generate(model="gpt-image-2", prompt="a house", n=2, size="1024x1024")
    assert made.data
    assert len(made.data) == 2
    with Pillow.open(io.BytesIO(b64decode(made.data[0].b64_json or ""))) as picture:
        assert picture.size == (1024, 1024)


def test_a_broken_picture_is_the_vendors_own_error(gateway: str) -> None:
    broken: Any = [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]}]
    with client(gateway) as known, pytest.raises(openai.BadRequestError) as caught:
        known.responses.create(model="any", input=broken)
    assert caught.value.code == "invalid_image_format"


SAME: list[tuple[Any, Any]] = [
    (CaptionCall(image=IMAGE, model="m", question="What is it?"), lambda known: known.responses.create(model="m", input=ASKED)),
    (GenerateCall(prompt="a", model="m", count=2), lambda known: known.images.generate(model="m", prompt="a", n=2)),
    (ModerateCall(image=IMAGE), lambda known: known.moderations.create(
        model="omni-moderation-latest", input=[{"type": "image_url", "image_url": {"url": URI}}])),
    *((call, lambda known, call=call: known.responses.create(model="m", **openai_wire(call)))
      for call in (kind(image=IMAGE, model="m") for kind in (ClassifyCall, DetectCall, OcrCall))),
]  # fmt: skip


def openai_wire(call: Any) -> Any:
    """The client's arguments for a question of ours."""
    body = encoded(call)
    words, _ = body["input"][0]["content"]
    shown = {"type": "input_image", "image_url": URI}
    return {"input": [{"role": "user", "content": [words, shown]}], "text": body["text"]}


@pytest.mark.parametrize(("call", "ask"), SAME)
def test_the_same_question_is_the_same_request(call: Any, ask: Any) -> None:
    vendor = Vendor()

    async def ours() -> None:
        await arun(provider(call))

    async def theirs() -> None:
        async with openai.AsyncOpenAI(max_retries=0, **at(url)) as known:
            await ask(known)

    with serving(vendor) as url:
        provider = registry.get("openai").with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(call))
        with pytest.raises(VisionError):
            asyncio.run(ours())
        with client(url) as known:
            ask(known)
        asyncio.run(theirs())
        provider.close()
    assert len(vendor.asked) == 4
    (path, headers, body), *others = vendor.asked
    for other_path, other_headers, other in others:
        assert (path, json.loads(body)) == (other_path, json.loads(other))
        assert len(body) == len(other)
        assert headers["authorization"] == other_headers["authorization"]
