"""A hub where things go wrong: misspelt options, threads, slow and failing sources, passed deadlines, no network."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from tests.layers.conftest import picture
from visionhub import (
    AsyncHub,
    Box,
    ConfigError,
    DecodeError,
    DetectCall,
    Detections,
    Hub,
    Image,
    InputError,
    Limits,
    ProviderError,
    TimeoutError,
    VisionError,
)
from visionhub.capability import Capability
from visionhub.codec import Codec
from visionhub.config import read
from visionhub.flow import Compute, Flow
from visionhub.layers.retry import Retry
from visionhub.provider import Provider
from visionhub.routers.fallback import Fallback
from visionhub.tasks import Call
from visionhub.tasks.base import R
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider
from visionhub.wire import Request, Response

NOTHING = Detections(objects=())


class Silent:
    """A wire that counts what is opened and closed, and answers with nothing."""

    opened = closed = 0

    def __init__(self) -> None:
        Silent.opened += 1
        time.sleep(0.02)

    def send(self, request: Request, timeout: float | None) -> Response:
        return Response(body={})

    def close(self) -> None:
        Silent.closed += 1


class Provided(Provider):
    """A provider of one codec, without a folder."""

    def codec(self, task: str) -> Codec | None:
        return Codec(Capability(), lambda call: Request("x"), self.options["decode"])


def provided(decode: Any) -> Provider:
    def connect(options: Mapping[str, Any]) -> Silent:
        return Silent()

    return Provided("broken", "Broken", "visionhub", connect=connect, is_remote=False, options={"decode": decode})


class Hanging(FakeProvider):
    """Works until it is released."""

    def __init__(self) -> None:
        super().__init__(NOTHING, name="hanging")
        self.release = threading.Event()

    def __call__(self, call: Call[R]) -> Flow[R]:
        yield Compute(lambda: self.release.wait(10))
        return (yield from super().__call__(call))


@pytest.mark.parametrize("option", ["min_scor", "labelz", "provder"])
def test_a_misspelt_option_is_an_error_at_run_time_too(option: str) -> None:
    with pytest.raises(TypeError, match=f"detect takes no '{option}'"):
        Hub(FakeProvider(NOTHING)).detect(picture(20, 20), **{option: 1})  # type: ignore[arg-type]


def test_one_string_is_one_name_and_extra_is_checked() -> None:
    fake = FakeProvider(NOTHING)
    hub = Hub(fake)
    hub.detect(picture(20, 20), labels="cat")
    (call,) = fake.calls
    assert isinstance(call, DetectCall)
    assert call.labels == ("cat",)
    with pytest.raises(InputError, match="extra"):
        hub.detect(picture(20, 20), extra=[1])  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [KeyError("boxes"), ValueError("1.0001"), TypeError(), ZeroDivisionError()])
def test_an_answer_that_is_not_understood_is_a_decode_error(error: Exception) -> None:
    def decode(response: Response, call: DetectCall) -> Detections:
        raise error

    hub = Hub([provided(decode), FakeProvider(NOTHING)])
    with pytest.raises(DecodeError, match=f"not understood: {type(error).__name__}") as caught:
        hub.detect(picture(20, 20), provider=provided(decode))
    assert caught.value.__cause__ is error
    assert caught.value.provider == "broken"
    assert [attempt.outcome for attempt in hub.detect(picture(20, 20)).attempts] == ["error", "ok"]


def test_a_filter_that_is_kept_for_every_provider_is_not_called_ignored() -> None:
    thing = Object(name="cat", score=0.4, box=Box(x0=0, y0=0, x1=1, y1=1))
    hub = Hub(provided(lambda response, call: Detections(objects=(thing,))))
    result = hub.detect(picture(20, 20), min_score=0.5)
    assert (result.objects, result.warnings) == ((), ())


def test_threads_share_one_connection() -> None:
    Silent.opened = Silent.closed = 0
    hub = Hub(provided(lambda response, call: NOTHING), settings=read(cache="off"))
    threads = [threading.Thread(target=hub.detect, args=(picture(20, 20),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hub.close()
    assert (Silent.opened, Silent.closed) == (1, 1)


def test_retries_are_counted_by_the_layer_itself() -> None:
    class Terse(FakeProvider):
        def __call__(self, call: Call[R]) -> Flow[R]:
            self.calls.append(call)
            yield Compute(lambda: None)
            raise ProviderError("down")

    terse = Terse(NOTHING)
    with pytest.raises(ProviderError):
        Hub(terse, settings=read(attempts=2)).detect(picture(20, 20))
    assert len(terse.calls) == 2


def test_a_router_that_is_given_is_taken_apart() -> None:
    small = FakeProvider(NOTHING, name="small", capability=Capability(max_side=20))
    hub = Hub(Fallback([FakeProvider(ProviderError("down"), name="down"), small]), settings=read(attempts=1))
    hub.detect(picture(60, 40))
    (call,) = small.calls
    assert isinstance(call, DetectCall)
    assert call.image.width <= 20


def test_a_passed_deadline_names_who_was_asked_and_about_what() -> None:
    hanging = Hanging()
    image = Image(picture(20, 20).data, name="street.png")
    with pytest.raises(TimeoutError) as caught:
        Hub(hanging).detect(image, timeout=0.05)
    hanging.release.set()
    assert caught.value.source == "street.png"


def test_one_that_hangs_leaves_time_for_another() -> None:
    hanging, other = Hanging(), FakeProvider(NOTHING, name="other")
    result = Hub([hanging, other]).detect(picture(20, 20), timeout=0.5)
    hanging.release.set()
    assert result.provider == "other"
    assert "60% of the time" in (result.attempts[0].reason or "")


def test_a_wait_that_does_not_fit_is_left_to_the_next_or_told_as_what_it_is() -> None:
    down = FakeProvider(ProviderError("down", retry_after=5), name="down")
    with pytest.raises(ProviderError) as caught:
        Hub(down).detect(picture(20, 20), timeout=1)
    assert [attempt.provider for attempt in caught.value.attempts] == ["down"]
    assert Hub([down, FakeProvider(NOTHING, name="other")]).detect(picture(20, 20), timeout=1).provider == "other"
    assert Retry().attempts == 3


def test_async_code_waits_for_no_thread_that_hangs() -> None:
    hanging = Hanging()

    async def main() -> None:
        async with AsyncHub(hanging) as hub:
            with pytest.raises(TimeoutError):
                await hub.detect(picture(20, 20), timeout=0.05)

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 5, "the thread goes on for ten seconds"
    hanging.release.set()


def test_offline_wins_over_a_pictures_own_limits() -> None:
    image = Image("http://127.0.0.1:9/x.png", limits=Limits(private_urls=True))
    with pytest.raises(InputError, match="offline"):
        Hub(FakeProvider(NOTHING), settings=read(offline=True)).detect(image)


def test_a_hubs_limits_hold_when_the_picture_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    PIL.Image.new("RGB", (20, 20)).save(path)
    result = Hub(FakeProvider(NOTHING), settings=read(max_pixels=1_000)).detect(path)
    PIL.Image.new("RGB", (200, 200)).save(path)
    with pytest.raises(InputError, match="more than the 1,000 allowed"):
        result.draw()


def test_a_page_stays_chosen() -> None:
    buffer = io.BytesIO()
    pages = [PIL.Image.new("RGB", (10, 10 + number)) for number in range(3)]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    second = Image(buffer.getvalue(), page=2)
    assert (Image(second).page, Image(second).height) == (2, 11)
    assert Image(second, page=3).height == 12


def test_draw_takes_what_every_method_takes(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    PIL.Image.new("RGB", (600, 500), "grey").save(path)
    assert NOTHING.draw(str(path)).size == (600, 500)


# map


def calls(count: int, seconds: float = 0.0) -> Iterator[DetectCall]:
    for number in range(count):
        time.sleep(seconds)
        yield DetectCall(image=picture(20, 20), min_score=number / 100)


@pytest.mark.parametrize("ordered", [True, False])
def test_answers_of_a_slow_source_come_as_they_are_there(ordered: bool) -> None:
    taken = 0

    def source() -> Iterator[DetectCall]:
        nonlocal taken
        for call in calls(12, 0.02):
            taken += 1
            yield call

    answers = Hub(FakeProvider(NOTHING)).map(source(), concurrency=6, ordered=ordered)
    next(answers)
    assert taken < 6
    assert len(list(answers)) == 11


def failing() -> Iterator[DetectCall]:
    yield from calls(3)
    raise OSError("the list of pictures is gone")


def test_what_was_asked_is_answered_before_a_source_fails() -> None:
    answers: list[Detections | VisionError] = []
    with pytest.raises(OSError, match="is gone"):
        answers.extend(collected(answers))
    assert len(answers) == 3

    async def main() -> int:
        count = 0
        try:
            async for _ in AsyncHub(FakeProvider(NOTHING)).map(failing(), concurrency=8):
                count += 1
        except OSError:
            return count
        raise AssertionError

    assert asyncio.run(main()) == 3


def collected(answers: list[Detections | VisionError]) -> list[Detections | VisionError]:
    for answer in Hub(FakeProvider(NOTHING)).map(failing(), concurrency=8):
        answers.append(answer)  # noqa: PERF402  # it is kept although the next one raises
    return []


# Settings, and what is not installed


def test_a_misspelt_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISIONHUB_OFLINE", "1")
    with pytest.raises(ConfigError, match="There is no setting VISIONHUB_OFLINE") as caught:
        Hub()
    assert caught.value.hint == "Did you mean VISIONHUB_OFFLINE?"


def test_no_provider_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISIONHUB_PROVIDER", ",")
    with pytest.raises(ConfigError, match="provider"):
        Hub()


def test_home_may_be_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISIONHUB_HOME", "~/weights")
    assert read().home == Path.home() / "weights"


def test_without_the_engines_it_says_how_to_get_them(weights: object, samples: Mapping[str, Path]) -> None:
    assert weights
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "from visionhub import ConfigError, Hub\n"
        "try: Hub().detect(sys.argv[1])\n"
        "except ConfigError as error: print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code, samples["coffee"]], capture_output=True, text=True, check=True)
    assert ended.stdout == "Local models are not installed: there is no cv2. pip install 'visionhub[local]'\n"
