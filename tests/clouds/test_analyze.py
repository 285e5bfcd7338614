"""Several questions about one picture reach a vendor in one request, and are answered as if each had come alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import grpc
import pytest
from google.cloud import vision

from tests.clouds.aws import test_suite as aws
from tests.clouds.azure import test_suite as azure
from tests.clouds.google import test_suite as google
from tests.clouds.google.servicer import answering
from tests.clouds.google.test_sdk import client
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.analysis import ABOUT_ONE_PICTURE, Analysis, Options
from visionhub.config import Settings
from visionhub.errors import InputError, ProviderError, UnsupportedError, VisionError
from visionhub.gateway import Gateway
from visionhub.handler import Handler
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.tasks import Call, Result
from visionhub.testing import FakeProvider, pictures, results

PICTURE = pictures.encoded(pictures.scene(), "JPEG")
IMAGE = Image(PICTURE, name="scene.jpg")
ONCE = Settings(cache="off", attempts=1)
AT: Mapping[str, Callable[[str], Mapping[str, Any]]] = {"google": google.at, "azure": azure.at, "aws": aws.at}


class Noting:
    """The gateway, which keeps the path and the content of what comes."""

    def __init__(self, handler: Handler | None = None) -> None:
        self._gateway = Gateway(AsyncHub(handler or FakeProvider(results.answer)))
        self.asked: list[tuple[str, bytes]] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        parts: list[bytes] = []
        self.asked.append((f"{scope['path']}?{scope['query_string'].decode()}", b""))
        place = len(self.asked) - 1

        async def noting() -> MutableMapping[str, Any]:
            event: MutableMapping[str, Any] = await receive()
            parts.append(event.get("body", b""))
            self.asked[place] = (self.asked[place][0], b"".join(parts))
            return event

        await self._gateway(scope, noting, send)


def analyzed(
    provider: Any, tasks: tuple[str, ...], *, is_async: bool, options: Options | None = None, settings: Settings = ONCE
) -> Analysis:
    async def ask() -> Analysis:
        async with AsyncHub(provider, settings=settings) as hub:
            return await hub.analyze(PICTURE, tasks, options=options)

    if is_async:
        return asyncio.run(ask())
    with Hub(provider, settings=settings) as hub:
        return hub.analyze(PICTURE, tasks, options=options)


def plain(told: Result | VisionError) -> dict[str, Any]:
    """What of an answer does not change from one time to the next."""
    said = told.to_dict()
    for name in ("attempts", "request_id"):
        said.pop(name, None)
    said.get("usage", {}).pop("latency_ms", None)
    return said


def alone(provider: Any, task: str) -> Result:
    with Hub(provider, settings=ONCE) as hub:
        return getattr(hub, task)(PICTURE)  # type: ignore[no-any-return]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("name", "tasks", "requests"),
    [
        ("google", ("detect", "ocr", "moderate", "faces", "classify"), 1),
        ("azure", ("detect", "ocr", "caption", "classify"), 1),
        # Content Safety and Face are services of their own.
        ("azure", ("detect", "moderate", "ocr", "faces"), 3),
        ("aws", ("detect", "moderate", "ocr"), 3),
    ],
)
def test_one_request_for_all_and_the_answers_of_each(
    name: str, tasks: tuple[str, ...], requests: int, *, is_async: bool
) -> None:
    vendor = Noting()
    with serving(vendor) as url:
        provider = registry.get(name).with_options(AT[name](url))
        answers = analyzed(provider, tasks, is_async=is_async)
        assert len(vendor.asked) == requests
        assert tuple(answers) == tasks
        for task in tasks:
            assert plain(answers[task]) == plain(alone(provider, task))
        provider.close()
    costs = [getattr(answers, task).usage.cost_usd for task in tasks]
    assert all(cost > 0 for cost in costs)
    assert answers.cost_usd == sum(costs)


def test_the_picture_travels_once() -> None:
    vendor = Noting()
    with serving(vendor) as url:
        analyzed(registry.get("google").with_options(google.at(url)), ("detect", "ocr", "moderate"), is_async=False)
        analyzed(registry.get("azure").with_options(azure.at(url)), ("detect", "ocr", "caption"), is_async=False)
    (_, to_google), (path, to_azure) = vendor.asked
    (one,) = json.loads(to_google)["requests"]
    kinds = ["OBJECT_LOCALIZATION", "DOCUMENT_TEXT_DETECTION", "SAFE_SEARCH_DETECTION"]
    assert [feature["type"] for feature in one["features"]] == kinds
    assert path.endswith("&features=objects,read,caption")
    assert len(to_azure) < 1.01 * len(PICTURE)


def test_each_keeps_its_options() -> None:
    vendor = Noting()
    options: Options = {"detect": {"max_results": 1}, "ocr": {"language": "de", "model": "text"}}
    with serving(vendor) as url:
        provider = registry.get("google").with_options(google.at(url))
        answers = analyzed(provider, ("detect", "ocr"), is_async=False, options=options)
    (one,) = json.loads(vendor.asked[0][1])["requests"]
    assert one["features"] == [{"type": "OBJECT_LOCALIZATION", "maxResults": 1}, {"type": "TEXT_DETECTION"}]
    assert one["imageContext"] == {"languageHints": ["de"]}
    assert len(answers.detect.objects) == 1


@pytest.fixture
def over_grpc() -> Iterator[tuple[Any, list[Any]]]:
    """Google's own client, and what reached the server that it talks to."""
    asked: list[Any] = []
    with serving(Noting()) as url:
        inner = client(url)

        def annotate(sent: bytes, context: grpc.ServicerContext) -> bytes:
            del context
            request: Any = vision.BatchAnnotateImagesRequest.deserialize(sent)
            asked.append(request)
            answer: bytes = vision.BatchAnnotateImagesResponse.serialize(inner.batch_annotate_images(request=request))
            return answer

        with answering(annotate) as address:
            provider = registry.get("google").with_options({"endpoint": address})
            yield provider, asked
            provider.close()


@pytest.mark.parametrize("is_async", [False, True])
def test_googles_own_client(over_grpc: tuple[Any, list[Any]], *, is_async: bool) -> None:
    provider, asked = over_grpc
    tasks = ("detect", "ocr", "moderate", "faces")
    answers = analyzed(provider, tasks, is_async=is_async)
    assert [len(one.requests) for one in asked] == [1]
    assert [len(one.requests[0].features) for one in asked] == [4]
    assert not answers.errors
    for task in tasks:
        assert plain(answers[task]) == plain(alone(provider, task))


def failing(task: str, error: VisionError) -> FakeProvider:
    def answer(call: Call[Any]) -> Any:
        if call.task == task:
            raise error.__class__(error.message)
        return results.answer(call)

    return FakeProvider(answer)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("name", "error", "requests"),
    [
        # Google tells it beside the other answers, Azure refuses the whole: then each is asked alone.
        ("google", UnsupportedError("not here"), 1),
        ("google", ProviderError("down"), 1),
        ("azure", UnsupportedError("not here"), 4),
        ("azure", InputError("too small for this"), 4),
    ],
)
def test_one_that_fails_loses_no_other(name: str, error: VisionError, requests: int, *, is_async: bool) -> None:
    vendor = Noting(failing("ocr", error))
    with serving(vendor) as url:
        provider = registry.get(name).with_options(AT[name](url))
        answers = analyzed(provider, ("detect", "ocr", "classify"), is_async=is_async)
        assert len(vendor.asked) == requests
        for task in ("detect", "classify"):
            assert plain(answers[task]) == plain(alone(provider, task))
        provider.close()
    assert list(answers.errors) == ["ocr"]
    failed = answers.errors["ocr"]
    assert error.message in failed.message
    assert (failed.provider, failed.task) == (name, "ocr")


def test_a_request_that_fails_for_all_is_tried_again_as_one() -> None:
    vendor = Vendor()
    vendor.says(503, b"{}", retry_after="0")
    with serving(vendor) as url:
        provider = registry.get("azure").with_options(azure.at(url))
        answers = analyzed(provider, ("detect", "ocr"), is_async=False, settings=Settings(cache="off", attempts=2))
        provider.close()
    assert {type(error) for error in answers.errors.values()} == {ProviderError}
    assert len({id(error) for error in answers.errors.values()}) == 2
    assert len(vendor.asked) == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_what_was_answered_before_is_not_asked_again(*, is_async: bool) -> None:
    vendor = Noting()
    with serving(vendor) as url:
        provider = registry.get("google").with_options(google.at(url))

        async def ask() -> Analysis:
            async with AsyncHub(provider) as hub:
                await hub.ocr(PICTURE)
                return await hub.analyze(PICTURE, ["detect", "ocr", "moderate"])

        if is_async:
            answers = asyncio.run(ask())
        else:
            with Hub(provider) as hub:
                hub.ocr(PICTURE)
                answers = hub.analyze(PICTURE, ["detect", "ocr", "moderate"])
    assert answers.ocr.attempts[-1].outcome == "cached"
    (one,) = json.loads(vendor.asked[1][1])["requests"]
    assert len(one["features"]) == 2
    assert len(vendor.asked) == 2


def test_every_question_of_a_vendor_at_once() -> None:
    vendor = Noting()
    with serving(vendor) as url:
        for name, at in AT.items():
            provider = registry.get(name).with_options(at(url))
            answers = analyzed(provider, ABOUT_ONE_PICTURE, is_async=False)
            provider.close()
            # Captions of AWS and Google are a language model's, and there is none for AWS behind this gateway.
            assert set(answers.errors) <= {"caption"}, answers.errors
