"""Equal calls that come together are asked once."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from visionhub.config import Settings
from visionhub.errors import ProviderError, RefusedError, VisionError
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.tasks import DetectCall, Detections
from visionhub.testing import FakeProvider

ONCE = Settings(attempts=1)


def in_threads(provider: FakeProvider, call: DetectCall, count: int) -> list[Any]:
    hub = Hub(provider, settings=ONCE)
    outcomes: list[Any] = []

    def ask() -> None:
        try:
            outcomes.append(hub.run(call))
        except VisionError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def in_tasks(provider: FakeProvider, call: DetectCall, count: int) -> list[Any]:
    async def main() -> Any:
        hub = AsyncHub(provider, settings=ONCE)
        return await asyncio.gather(*(hub.run(call) for _ in range(count)), return_exceptions=True)

    return asyncio.run(main())


def in_a_map(provider: FakeProvider, call: DetectCall, count: int) -> list[Any]:
    from visionhub.capability import Capability, Support

    batch = Capability(options=dict.fromkeys(("labels", "min_score"), Support.NATIVE), batch=16)
    provider._capabilities = {"detect": batch}
    return list(Hub(provider, settings=ONCE).map([call] * count))


MANNERS = pytest.mark.parametrize("manner", [in_threads, in_tasks, in_a_map])


@MANNERS
def test_one_is_asked_and_all_are_answered(
    manner: Callable[..., list[Any]], call: DetectCall, found: Detections
) -> None:
    provider = FakeProvider(found, seconds=0.1)
    answers = manner(provider, call, 12)
    assert len(provider.calls) == 1
    assert [answer.objects for answer in answers] == [found.objects] * 12
    assert sorted(answer.attempts[0].outcome for answer in answers) == ["cached"] * 11 + ["ok"]


@MANNERS
def test_an_error_is_told_to_all_each_its_own(
    manner: Callable[..., list[Any]], call: DetectCall, found: Detections
) -> None:
    provider = FakeProvider(ProviderError("503"), seconds=0.1)
    errors = manner(provider, call, 6)
    assert len(provider.calls) == 1
    assert all(isinstance(error, ProviderError) for error in errors)
    assert len(set(map(id, errors))) >= 5


def test_one_who_gives_up_leaves_the_others_their_answer(call: DetectCall, found: Detections) -> None:
    provider = FakeProvider(found, seconds=0.1)

    async def main() -> Detections:
        hub = AsyncHub(provider, settings=ONCE)
        first = asyncio.create_task(hub.run(call))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(hub.run(call))
        third = asyncio.create_task(hub.run(call))
        await asyncio.sleep(0.02)
        first.cancel()
        third.cancel()
        return await second

    assert asyncio.run(main()).objects == found.objects
    assert len(provider.calls) == 2


def test_a_time_limit_is_ones_own(call: DetectCall, found: Detections) -> None:
    provider = FakeProvider(found, seconds=0.15)

    async def main() -> Any:
        hub = AsyncHub(provider, settings=ONCE)
        hasty = asyncio.create_task(hub.run(call, timeout=0.2))
        # It sleeps for .15 s of its .2 s; who comes in meanwhile with less time left alone runs out of it.
        await asyncio.sleep(0.01)
        shorter = asyncio.create_task(hub.run(call, timeout=0.03))
        return await asyncio.gather(hasty, shorter, return_exceptions=True)

    answer, error = asyncio.run(main())
    assert answer.objects == found.objects
    assert type(error).__name__ == "TimeoutError"


def test_what_was_saved_is_told(call: DetectCall, found: Detections) -> None:
    from visionhub.tasks import Usage

    hub = Hub(FakeProvider(found.model_copy(update={"usage": Usage(cost_usd=0.0015)}), name="dear"), settings=ONCE)
    hub.run(call)
    again = hub.run(call)
    assert (again.usage.cost_usd, again.usage.usd_saved) == (0.0, 0.0015)
    assert hub.status()["providers"]["dear"]["tasks"]["detect"]["usd_saved"] == 0.0015


def test_each_error_is_about_its_own_picture_and_route(call: DetectCall) -> None:
    first = FakeProvider(ProviderError("503"), name="a", seconds=0.05)
    second = FakeProvider(RefusedError("no"), name="b", seconds=0.05)
    same = DetectCall(image=Image(call.image.data, name="other"))

    async def main() -> Any:
        hub = AsyncHub([first, second], settings=ONCE)
        return list(await asyncio.gather(hub.run(call), hub.run(same), return_exceptions=True))

    errors = asyncio.run(main())
    assert [error.source for error in errors] == [call.image.name, "other"]
    assert [[attempt.provider for attempt in error.attempts] for error in errors] == [["a", "b"]] * 2
    assert len(first.calls) == len(second.calls) == 1


def test_nobody_complains_about_one_who_no_longer_waits(call: DetectCall, caplog: pytest.LogCaptureFixture) -> None:
    begun, ends = threading.Event(), threading.Event()

    def failing(asked: Any) -> Detections:
        begun.set()
        ends.wait(10)
        raise ProviderError("503")

    hub = Hub(FakeProvider(failing), settings=ONCE)
    first = threading.Thread(target=lambda: list(hub.map([call])))
    first.start()
    begun.wait(10)

    async def main(*, leaves: bool) -> None:
        second = asyncio.create_task(hub._pipeline.arun(call))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.wait([second])
        if leaves:
            ends.set()
            await asyncio.to_thread(first.join)

    asyncio.run(main(leaves=False))
    asyncio.run(main(leaves=True))
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
