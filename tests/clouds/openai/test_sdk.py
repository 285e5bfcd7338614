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
from visionhub.errors import VisionError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.protocols.openai import data_uri
from visionhub.tasks import CaptionCall, DetectCall, GenerateCall, ModerateCall
from visionhub.testing import pictures, results

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


def test_words_async(gateway: str) -> None:
    async def ask() -> str:
        async with openai.AsyncOpenAI(max_retries=0, **at(gateway)) as known:
            return (await known.responses.create(model="any", input=ASKED)).output_text

    assert asyncio.run(ask()) == CAPTION


def test_objects(gateway: str) -> None:
    call = DetectCall(image=IMAGE)
    codec = registry.get("openai").codec("detect")
    assert codec
    shape = codec.encode(call).body["text"]
    with client(gateway) as known:
        said = json.loads(known.responses.create(model="any", input=ASKED, text=shape).output_text)
    objects = results.answer(call).objects
    assert [item["name"] for item in said["items"]] == [found.name for found in objects]
    assert [item["box"][0] for item in said["items"]] == [round(1000 * found.box.x0) for found in objects]


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


@pytest.mark.parametrize(
    ("call", "ask"),
    [
        (CaptionCall(image=IMAGE, model="m", question="What is it?"), lambda known: known.responses.create(model="m", input=ASKED)),
        (GenerateCall(prompt="a", model="m", count=2), lambda known: known.images.generate(model="m", prompt="a", n=2)),
        (ModerateCall(image=IMAGE), lambda known: known.moderations.create(
            model="omni-moderation-latest", input=[{"type": "image_url", "image_url": {"url": URI}}])),
    ],
)  # fmt: skip
def test_the_same_question_is_the_same_request(call: Any, ask: Any) -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("openai").with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(call))
        with client(url) as known:
            ask(known)
        provider.close()
    (path, headers, ours), (their_path, their_headers, theirs) = vendor.asked
    assert (path, json.loads(ours)) == (their_path, json.loads(theirs))
    assert headers["authorization"] == their_headers["authorization"]
