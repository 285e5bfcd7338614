"""The vendor that behaves badly: what each fault becomes, for every client, and what is counted."""

from __future__ import annotations

import asyncio
import http.client
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clouds.aws import test_suite as aws
from tests.clouds.azure import test_suite as azure
from tests.clouds.google import test_suite as google
from tests.clouds.openai import test_suite as openai
from visionhub import registry
from visionhub.dialect import Incoming
from visionhub.errors import (
    AuthError,
    DecodeError,
    InputError,
    ProviderError,
    RateLimitError,
    TimeoutError,
    TransportError,
    VisionError,
)
from visionhub.flow import arun, run
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.routers.fallback import Fallback
from visionhub.tasks import TASKS, Call, CompareCall, DetectCall, GenerateCall
from visionhub.testing import FakeProvider, pictures, results
from visionhub.testing.faults import AFTER, BEFORE, Kind
from visionhub.testing.loopback import Line
from visionhub.testing.weather import Fault, Weather, serve

IMAGE = Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg")
CALL = DetectCall(image=IMAGE)
AT: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "api4ai": lambda url: {"key": "secret", "base_url": url}, "aws": aws.at, "azure": azure.at, "google": google.at, "openai": openai.at,
    "clarifai": lambda url: {"pat": "secret", "base_url": url},
}  # fmt: skip
BECOMES: Mapping[Kind, tuple[type[VisionError], ...]] = {
    "429": (RateLimitError,), "500": (ProviderError,), "502": (ProviderError,), "503": (ProviderError,), "504": (ProviderError,),
    "expired": (AuthError,), "skew": (AuthError,), "lie_error": (ProviderError, DecodeError), "lie_shape": (DecodeError,),
    "lie_html": (DecodeError,), "reset": (TransportError,), "reset_after": (TransportError,), "stall": (TransportError,),
    "stall_body": (TransportError,), "truncated": (TransportError,),
}  # fmt: skip
CONNECTIONS = 1000


def vendor(*faults: Fault, **options: Any) -> Weather:
    return Weather(AsyncHub(FakeProvider(results.answer)), faults, **options)


@pytest.fixture(scope="module", params=AT)
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[Weather, Provider]]:
    """A vendor in good weather, and the provider that asks it."""
    weather = vendor()
    with serve(weather) as url:
        provider = registry.get(request.param).with_options(AT[request.param](url))
        yield weather, provider
        provider.close()


def call_of(task: str) -> Call[Any]:
    if task == "generate":
        return GenerateCall(prompt="a red house")
    return CompareCall(image=IMAGE, other=IMAGE) if task == "compare" else TASKS[task](image=IMAGE)  # type: ignore[call-arg]  # every other task's


def errors(provider: Provider) -> Iterator[VisionError]:
    """What is raised, blocking and then async. Anything but a `VisionError` fails the test."""
    with pytest.raises(VisionError) as blocking:
        run(provider(CALL))
    yield blocking.value
    with pytest.raises(VisionError) as awaited:
        asyncio.run(arun(provider(CALL)))
    yield awaited.value


@pytest.mark.parametrize("kind", [*BEFORE, *AFTER])
def test_every_fault_is_the_right_error(asked: tuple[Weather, Provider], kind: Kind) -> None:
    weather, provider = asked
    before = weather.requests, weather.billed, weather.answered
    weather.faults = (Fault(kind, seconds=1.0, retry_after=7),)
    is_stall = kind.startswith("stall")
    asking = provider.with_options({**provider.options, "timeout": 0.2}) if is_stall else provider
    for error in errors(asking):
        # With API4AI, HTTP 200 with a failure in it is how a picture is refused.
        is_refusal = provider.name == "api4ai" and kind == "lie_error"
        assert type(error) in ((InputError,) if is_refusal else BECOMES[kind])
        assert error.hint
        assert kind != "429" or error.retry_after == 7
    if is_stall:
        asking.close()
    came = weather.requests - before[0]
    # To connect may take longer than a stall is waited for.
    assert is_stall or came == 2
    assert weather.billed - before[1] == came * (kind in AFTER)
    assert weather.answered == before[2]


def test_a_wait_that_is_not_told_is_not_known(asked: tuple[Weather, Provider]) -> None:
    weather, provider = asked
    weather.faults = (Fault("429"),)
    assert [error.retry_after for error in errors(provider)] == [None, None]


def test_lies_are_never_empty_answers(asked: tuple[Weather, Provider]) -> None:
    weather, provider = asked
    for kind in ("lie_shape", "lie_html", "lie_error"):
        weather.faults = (Fault(kind),)
        for task in provider.tasks:
            with pytest.raises((DecodeError, ProviderError, InputError)):
                run(provider(call_of(task)))


def test_expired_credentials_are_told_in_the_vendors_words() -> None:
    weather = vendor()
    with serve(weather) as url:
        for name, kind, code, words in (
            ("aws", "expired", "ExpiredTokenException", "expired"), ("aws", "skew", "InvalidSignatureException", "clock"),
            ("google", "expired", "ACCESS_TOKEN_EXPIRED", "key"),
        ):  # fmt: skip
            weather.faults = (Fault(kind),)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # one of them
            provider = registry.get(name).with_options(AT[name](url))
            for error in errors(provider):
                assert error.code == code
                assert words in (error.hint or "")
            provider.close()


@pytest.mark.parametrize("kind", ["stall", "stall_body"])
@pytest.mark.parametrize("name", ["openai", "azure", "aws"])
def test_a_callers_limit_holds_in_a_stall(name: str, kind: Kind) -> None:
    weather = vendor(Fault(kind, seconds=30))
    with serve(weather) as url:
        provider = registry.get(name).with_options(AT[name](url))
        with Hub(provider) as hub, pytest.raises(TimeoutError):
            hub.detect(IMAGE, timeout=0.1)

        async def ask() -> None:
            async with AsyncHub(provider) as hub:
                await hub.detect(IMAGE, timeout=0.1)

        with pytest.raises(TimeoutError):
            asyncio.run(ask())
    assert weather.answered == 0


def test_a_stall_that_is_waited_for_is_an_answer() -> None:
    weather = vendor(Fault("stall", seconds=0.01, until=1), Fault("stall_body", seconds=0.01))
    with serve(weather) as url:
        provider = registry.get("openai").with_options(AT["openai"](url))
        assert run(provider(CALL)).objects == run(provider(CALL)).objects
        provider.close()
    assert weather.injected == {"stall": 1, "stall_body": 1}
    assert (weather.billed, weather.answered) == (2, 2)


def test_a_fallback_survives_and_what_was_billed_is_known() -> None:
    faults = [Fault("503", 0.2), Fault("reset_after", 0.1), Fault("truncated", 0.1), Fault("lie_html", 0.1)]
    weather = vendor(*faults, Fault("expired", after=40, until=60), seed=3, price_usd=0.25)
    last = FakeProvider(results.answer, name="last")
    with serve(weather) as url:
        first = registry.get("openai").with_options(AT["openai"](url))
        route = Fallback([first, last])
        answers = [run(route(CALL)) for _ in range(100)]
        route.close()
    fates = weather.forecast(100)
    expected = ["fake" if fate is None else "last" for fate in fates]
    assert [{"openai": "fake", "last": "last"}[answer.provider] for answer in answers] == expected
    assert weather.injected == Counter(fate for fate in fates if fate)
    assert {"expired", "reset_after", "503", "truncated", "lie_html"} == set(weather.injected)
    assert weather.requests == 100
    assert weather.answered == fates.count(None)
    assert weather.billed == weather.answered + weather.injected["reset_after"] + weather.injected["truncated"]
    assert weather.billed_usd == weather.billed * 0.25


shares = st.floats(0.0, 0.4)
faults = st.lists(st.builds(Fault, st.sampled_from([*BEFORE, *AFTER]), shares, after=st.integers(0, 50)), max_size=4)


@given(faults, st.integers(0, 2**32))
def test_fate_follows_from_the_seed(faults: list[Fault], seed: int) -> None:
    hub = AsyncHub(FakeProvider())
    fates = Weather(hub, faults, seed=seed).forecast(200)
    assert fates == Weather(hub, faults, seed=seed, latency=lambda chance: chance.random()).forecast(200)
    assert fates[:50] == Weather(hub, faults, seed=seed).forecast(50)
    for number, fate in enumerate(fates):
        assert fate is None or any(fault.kind == fate and fault.holds(number) for fault in faults)


@given(st.floats(0.05, 0.9), st.integers(0, 2**32))
def test_shares_come_true(share: float, seed: int) -> None:
    fates = Weather(AsyncHub(FakeProvider()), [Fault("429", share)], seed=seed).forecast(4000)
    assert abs(fates.count("429") / 4000 - share) < 0.05


def test_a_window_holds_for_its_requests_alone() -> None:
    fates = vendor(Fault("expired", after=3, until=5)).forecast(7)
    assert fates == [None, None, None, "expired", "expired", None, None]


def test_an_unknown_fault_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"no fault 'rain'. There are: 429"):
        Fault("rain")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # on purpose


def test_equal_requests_are_computed_once_and_each_is_billed() -> None:
    fake, weather = FakeProvider(results.answer), vendor()
    weather = Weather(AsyncHub(fake), latency=lambda chance: chance.random() / 1000)
    with serve(weather) as url:
        provider = registry.get("google").with_options(AT["google"](url))

        async def ask() -> list[Any]:
            return await asyncio.gather(*(arun(provider(CALL)) for _ in range(20)))

        assert len({answer.objects for answer in asyncio.run(ask())}) == 1
        provider.close()
    assert len(fake.calls) == 1
    assert weather.billed == weather.answered == 20


async def echo(incoming: Incoming, line: Line) -> None:
    said = f"{incoming.method} {incoming.path} {dict(incoming.query)} {incoming.content.decode()}".encode()
    line.head(200, {"content-length": str(len(said))})
    await line.body(said)


def test_requests_are_read_as_they_come() -> None:
    with serve(echo) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc)
        line.request(
            "POST",
            "/a%20b?c=d&e=",
            body=iter([b"one", b"two"]),
            headers={"Transfer-Encoding": "chunked"},
            encode_chunked=True,
        )
        assert line.getresponse().read() == b"POST /a b {'c': 'd', 'e': ''} onetwo"
        line.request("GET", "/again", headers={"Expect": "100-continue"})
        assert line.getresponse().read() == b"GET /again {} "
        line.close()


def test_a_wrong_clock_is_seen_in_the_date() -> None:
    with serve(vendor(Fault("skew"))) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc)
        line.request("POST", "/", body=b"{}", headers={"X-Amz-Target": "RekognitionService.DetectLabels"})
        answer = line.getresponse()
        answer.read()
        line.close()
    said = parsedate_to_datetime(answer.headers["date"])
    assert said - datetime.now(UTC) > timedelta(minutes=10)


def test_what_is_in_no_dialect_meets_the_weather_too() -> None:
    with serve(vendor(Fault("503", until=1))) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc)
        statuses = []
        for _ in range(2):
            line.request("GET", "/nowhere")
            answer = line.getresponse()
            answer.read()
            statuses.append(answer.status)
        line.close()
    assert statuses == [503, 404]


def test_a_thousand_callers_at_once() -> None:
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2 * CONNECTIONS + 100:
        pytest.skip(f"{CONNECTIONS} connections need more open files than allowed here")
    weather = vendor(Fault("stall", 0.5, seconds=0.2))
    codec = registry.get("google").codec("detect")
    assert codec
    with serve(weather) as url:

        async def ask() -> bytes:
            reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
            writer.write(b"GET /nowhere HTTP/1.1\r\nHost: any\r\n\r\n")
            await writer.drain()
            first = await reader.readline()
            writer.close()
            return first

        async def all_of_them() -> list[bytes]:
            return await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))

        said = asyncio.run(all_of_them())
    assert set(said) == {b"HTTP/1.1 404 Not Found\r\n"}
    assert weather.requests == CONNECTIONS
