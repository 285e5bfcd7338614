"""Both hubs: one method a task, the same signatures, many calls at a time."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.layers.conftest import picture
from visionhub.config import Settings
from visionhub.errors import ConfigError, InputError, ProviderError, VisionError
from visionhub.flow import Compute, Flow
from visionhub.geometry import Box
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.tasks import RESULTS, TASKS, Call, DetectCall, Detections, OcrCall, Text
from visionhub.tasks.base import R
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

FOUND = Detections(objects=(Object(name="cat", score=0.9, box=Box(x0=0, y0=0, x1=1, y1=1)),))
UNCACHED = Settings(cache="off")
METHODS = {task: "compare_faces" if task == "compare" else task for task in TASKS}


def parameters(owner: type, name: str) -> list[tuple[str, Any, Any]]:
    signature = inspect.signature(getattr(owner, name))
    return [(found.name, found.kind, found.default) for found in signature.parameters.values()]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_method_with_the_options_of_its_call(task: str) -> None:
    options = {name for name, kind, _ in parameters(Hub, METHODS[task]) if kind is not inspect.Parameter.VAR_KEYWORD}
    assert options - {"self"} == set(TASKS[task].model_fields) - {"model", "extra"}


@pytest.mark.parametrize("name", [*METHODS.values(), "run", "map", "analyze", "route", "close"])
def test_both_hubs_have_the_same_methods(name: str) -> None:
    assert parameters(Hub, name) == parameters(AsyncHub, name)
    assert getattr(Hub, name).__doc__


@pytest.mark.parametrize("task", TASKS)
def test_every_method_asks_its_call(task: str) -> None:
    answers: dict[str, Any] = {"prompt": "x"} if task == "generate" else {"image": picture(9, 9)}
    if task == "compare":
        answers["other"] = picture(9, 9)
    blocking, waiting = FakeProvider(ProviderError("asked")), FakeProvider(ProviderError("asked"))
    once = Settings(cache="off", attempts=1)
    with pytest.raises(ProviderError):
        getattr(Hub(blocking, settings=once), METHODS[task])(**answers, model="m", extra={"a": 1})
    with pytest.raises(ProviderError):
        asyncio.run(getattr(AsyncHub(waiting, settings=once), METHODS[task])(**answers, model="m", extra={"a": 1}))
    assert [type(call) for call in (*blocking.calls, *waiting.calls)] == [TASKS[task]] * 2
    assert blocking.calls[0].model == "m"
    assert blocking.calls[0].extra == {"a": 1}


def test_words_agree() -> None:
    assert set(RESULTS) == set(TASKS)


def test_a_result_says_who_what_and_how_long(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(picture(40, 30).data)
    result = Hub(FakeProvider(FOUND), settings=UNCACHED).detect(path)
    assert result.provider == "fake"
    assert result.source == str(path)
    assert result.image is not None
    assert (result.image.width, result.image.height) == (40, 30)
    assert result.usage.latency_ms is not None
    assert result.request_id
    assert result.draw().size[0] >= 40


def test_a_wrong_option_is_an_input_error() -> None:
    with pytest.raises(InputError, match="min_score"):
        Hub(FakeProvider(FOUND)).detect(picture(9, 9), min_score=7)


def test_an_unknown_provider_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean local"):
        Hub("locl").detect(picture(9, 9))


def test_a_picture_with_pages_is_warned_of() -> None:
    import io

    import PIL.Image

    buffer = io.BytesIO()
    frames = [PIL.Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    result = Hub(FakeProvider(FOUND), settings=UNCACHED).detect(Image(buffer.getvalue(), page=2))
    assert [warning.code for warning in result.warnings] == ["one_page"]
    assert "2 pages" in result.warnings[0].message


def test_the_log_tells_of_calls_but_shows_no_option(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeProvider(Text(text="", lines=()))
    with caplog.at_level(logging.DEBUG, "visionhub"):
        Hub(fake, settings=UNCACHED).run(OcrCall(image=picture(9, 9), extra={"token": "secret"}))
    assert "ocr fake ok" in caplog.text
    assert "secret" not in caplog.text


class Counting(FakeProvider):
    """Notes how many calls are under way at once."""

    def __init__(self, seconds: float = 0.01) -> None:
        super().__init__(FOUND)
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.pause = seconds

    def __call__(self, call: Call[R]) -> Flow[R]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            width = call.pictures()["image"].width
            yield Compute(lambda: time.sleep(self.pause * (1 if width % 2 else 3)))
            return (yield from super().__call__(call))
        finally:
            with self.lock:
                self.now -= 1


def calls(count: int) -> Iterator[DetectCall]:
    return (DetectCall(image=picture(10 + number, 9), max_results=number + 1) for number in range(count))


async def gather(hub: AsyncHub, **options: Any) -> list[Detections | VisionError]:
    return [answer async for answer in hub.map(calls(12), **options)]


@pytest.mark.parametrize("ordered", [True, False])
def test_map_answers_all_in_order_or_as_they_come(ordered: bool) -> None:
    fake = Counting()
    hub, ahub = Hub(fake, settings=UNCACHED), AsyncHub(fake, settings=UNCACHED)
    for answers in (
        list(hub.map(calls(12), ordered=ordered, concurrency=3)),
        asyncio.run(gather(ahub, ordered=ordered, concurrency=3)),
    ):
        widths = [answer.image.width for answer in answers if isinstance(answer, Detections) and answer.image]
        assert sorted(widths) == list(range(10, 22))
        assert not ordered or widths == sorted(widths)
    assert fake.most == 3


def test_one_bad_picture_loses_no_other() -> None:
    mixed = [DetectCall(image=Image(b"broken", name="broken.png")), *calls(3)]
    hub = Hub(FakeProvider(FOUND), settings=UNCACHED)
    answers = list(hub.map(mixed))
    assert isinstance(answers[0], InputError)
    assert answers[0].source == "broken.png"
    assert [isinstance(answer, Detections) for answer in answers[1:]] == [True] * 3


def test_map_reads_no_further_than_it_answers() -> None:
    taken = 0

    def endless() -> Iterator[DetectCall]:
        nonlocal taken
        while True:
            taken += 1
            yield DetectCall(image=picture(9, 9))

    answers = Hub(FakeProvider(FOUND), settings=UNCACHED).map(endless(), concurrency=2)
    for _ in range(5):
        next(answers)
    answers.close()  # type: ignore[attr-defined]  # the iterator is a generator
    assert taken <= 5 + 4


def test_a_hub_may_be_used_by_many_threads() -> None:
    hub, image = Hub(Counting(0.001)), picture(9, 9)
    answers: list[Detections] = []
    threads = [threading.Thread(target=lambda: answers.append(hub.detect(image))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.objects for answer in answers}) == 1
    assert len(answers) == 16
