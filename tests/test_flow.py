"""The two drivers: they perform the same flow alike, and leave nothing open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from visionhub.errors import ProviderError, TimeoutError
from visionhub.flow import Compute, Flow, Send, Sleep, arun, compute, in_thread, run, send, timed, within
from visionhub.testing import ScriptedWire
from visionhub.wire import Request, Response


def drive_async(flow: Flow[Any]) -> Any:
    return asyncio.run(arun(flow))


DRIVERS = pytest.mark.parametrize("drive", [run, drive_async], ids=["blocking", "async"])


@DRIVERS
def test_a_flow_returns_what_its_effects_bring(drive: Callable[[Flow[Any]], Any]) -> None:
    def flow() -> Flow[list[Any]]:
        yield Sleep(0)
        response = yield from send(ScriptedWire(Response(body={"n": 1})), Request("x"))
        return [response.body, (yield from compute(lambda: 2))]

    assert drive(flow()) == [{"n": 1}, 2]


@DRIVERS
def test_an_error_of_an_effect_can_be_caught_in_the_flow(drive: Callable[[Flow[Any]], Any]) -> None:
    wire = ScriptedWire(ProviderError("down"), Response(body="up"))

    def flow() -> Flow[Any]:
        try:
            yield from send(wire, Request("x"))
        except ProviderError:
            response = yield from send(wire, Request("x"))
            return response.body

    assert drive(flow()) == "up"


@DRIVERS
def test_an_error_of_the_flow_is_raised_and_the_flow_closed(drive: Callable[[Flow[Any]], Any]) -> None:
    closed = []

    def flow() -> Flow[None]:
        try:
            yield from compute(lambda: 1 / 0)
        finally:
            closed.append(True)

    with pytest.raises(ZeroDivisionError):
        drive(flow())
    assert closed


def test_a_cancelled_task_closes_its_flow() -> None:
    closed = []

    def flow() -> Flow[None]:
        try:
            yield Sleep(60)
        finally:
            closed.append(True)

    async def main() -> None:
        task = asyncio.create_task(arun(flow()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert closed


def test_the_event_loop_goes_on_while_something_is_computed() -> None:
    started, release = threading.Event(), threading.Event()

    def long() -> str:
        started.set()
        assert release.wait(10)
        return "done"

    async def main() -> str:
        task = asyncio.create_task(arun(compute(long)))
        await asyncio.to_thread(started.wait)
        release.set()
        return await task

    assert asyncio.run(main()) == "done"


def test_a_blocking_wire_is_used_in_a_thread_by_async_code() -> None:
    class Blocking:
        def send(self, request: Request, timeout: float | None) -> Response:
            return Response(body=threading.current_thread() is threading.main_thread())

        def close(self) -> None: ...

    assert asyncio.run(arun(send(Blocking(), Request("x")))).body is False


def test_waiting_ends_when_the_time_is_up() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError, match=r"0\.01 s"):
        within(0.01, lambda: release.wait(10))
    with pytest.raises(TimeoutError, match=r"0\.01 s"):
        asyncio.run(_wait_briefly(release))
    release.set()


async def _wait_briefly(release: threading.Event) -> bool:
    try:
        return await in_thread(lambda: release.wait(10), 0.01)
    finally:
        # asyncio.run waits for its threads.
        release.set()


def test_a_time_limit_of_the_work_itself_is_not_mistaken_for_ours() -> None:
    def fail() -> None:
        raise TimeoutError("theirs")

    with pytest.raises(TimeoutError, match="theirs"):
        within(10, fail)
    with pytest.raises(TimeoutError, match="theirs"):
        asyncio.run(in_thread(fail, 10))


def test_effects_are_bounded_but_never_loosened() -> None:
    wire = ScriptedWire()
    assert timed(Send(wire, Request("x")), 2) == Send(wire, Request("x"), 2)
    assert timed(Send(wire, Request("x"), 1), 2) == Send(wire, Request("x"), 1)
    assert timed(Compute(time.time), 2) == Compute(time.time, 2)
    assert timed(Sleep(3), 2) == Sleep(3)
