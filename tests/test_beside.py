"""Flows beside each other: who counts, who is cancelled, and that nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import set_clock
from visionhub.beside import Aside, Parallel, UnheardError, _Heat
from visionhub.errors import InputError, ProviderError, TimeoutError, VisionError
from visionhub.flow import Compute, Flow, Send, Sleep, Wait, arun, promise, run, timed, until
from visionhub.testing import ScriptedWire
from visionhub.wire import Request, Response


def drive_async(flow: Flow[Any]) -> Any:
    return asyncio.run(arun(flow))


DRIVERS = pytest.mark.parametrize("drive", [run, drive_async], ids=["blocking", "async"])
Drive = Callable[[Flow[Any]], Any]


def after(seconds: float, value: Any, closed: list[Any] | None = None) -> Flow[Any]:
    try:
        yield Sleep(seconds)
        if isinstance(value, Exception):
            raise value
        return value
    finally:
        if closed is not None:
            closed.append(value)


def beside(*flows: Flow[Any], **facts: Any) -> Flow[list[Any]]:
    outcomes: list[Any] = yield Parallel(flows, **facts)
    return outcomes


@DRIVERS
def test_all_are_heard_in_order(drive: Drive) -> None:
    outcomes = drive(beside(after(0.05, "a"), after(0, ProviderError("503")), after(0.01, "c")))
    assert (outcomes[0], type(outcomes[1]), outcomes[2]) == ("a", ProviderError, "c")


@DRIVERS
def test_the_first_ends_it_and_the_others_are_closed(drive: Drive) -> None:
    closed: list[Any] = []
    outcomes = drive(beside(after(30, "slow", closed), after(0.01, "quick", closed), enough=1))
    assert isinstance(outcomes[0], UnheardError)
    assert outcomes[1] == "quick"
    for _ in range(100):
        if "slow" in closed:
            return
        time.sleep(0.01)
    pytest.fail("the flow that lost was not closed")


@DRIVERS
def test_one_that_did_not_begin_is_none(drive: Drive) -> None:
    assert drive(beside(after(0, "a"), after(0, "b"), enough=1, delay=9)) == ["a", None]


@DRIVERS
def test_the_next_begins_when_one_ends(drive: Drive) -> None:
    outcomes = drive(beside(after(0, ProviderError("503")), after(0, "b"), enough=1, delay=60))
    assert outcomes[1] == "b"


@DRIVERS
def test_what_nobody_would_mend_ends_it(drive: Drive) -> None:
    outcomes = drive(beside(after(0, InputError("bad")), after(0, "b"), enough=1, delay=60))
    assert (type(outcomes[0]), outcomes[1]) == (InputError, None)


@DRIVERS
def test_other_errors_are_raised_and_everything_closed(drive: Drive) -> None:
    with pytest.raises(ZeroDivisionError):
        drive(beside(after(0, ZeroDivisionError()), after(30, "b")))


@DRIVERS
def test_nothing_beside_nothing(drive: Drive) -> None:
    assert drive(beside()) == []


@DRIVERS
def test_a_time_limit_holds_for_what_they_wait_for(drive: Drive) -> None:
    release = threading.Event()

    def long() -> Flow[Any]:
        return (yield Compute(lambda: release.wait(30)))

    def limited() -> Flow[list[Any]]:
        return until(0.05, beside(long(), long()), lambda: TimeoutError("over"))

    with pytest.raises(TimeoutError):
        drive(limited())
    release.set()


def test_a_limit_is_put_on_it_like_on_any_effect() -> None:
    assert timed(Parallel([]), 2) == Parallel([], timeout=2)
    assert timed(Aside(after(0, 1)), 2) is not None


@DRIVERS
def test_aside_is_not_waited_for(drive: Drive) -> None:
    seen = threading.Event()

    def work() -> Flow[None]:
        yield Sleep(0.02)
        seen.set()

    def flow() -> Flow[str]:
        yield Aside(work())
        assert not seen.is_set()
        yield Sleep(0.2)
        return "done"

    assert drive(flow()) == "done"
    assert seen.is_set()


def test_one_who_waits_may_give_up_without_harm_to_the_others() -> None:

    answer = promise()

    def waiting() -> Flow[str]:
        there: str = yield Wait(answer)
        return there

    async def main() -> str:
        first, second = (asyncio.create_task(arun(waiting())) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        answer.set_result("there")
        return await second

    assert asyncio.run(main()) == "there"


OUTCOMES = st.lists(st.sampled_from(["ok", "elsewhere", "final"]), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(OUTCOMES, st.integers(0, 5))
def test_both_drivers_bring_the_same(kinds: list[str], enough: int) -> None:
    """One after another (`delay`), so that the order is certain."""

    def flows() -> list[Flow[Any]]:
        made: dict[str, Any] = {"ok": "ok", "elsewhere": ProviderError("503"), "final": InputError("bad")}
        return [after(0, made[kind]) for kind in kinds]

    def kind(outcome: Any) -> Any:
        return type(outcome).__name__ if isinstance(outcome, VisionError) else outcome

    facts = {"enough": enough or None, "delay": 60.0}
    one, other = (list(map(kind, drive(beside(*flows(), **facts)))) for drive in (run, drive_async))
    assert one == other


def test_threads_end_with_their_flows() -> None:
    before = threading.active_count()
    for _ in range(20):
        run(beside(after(0.5, "slow"), after(0, "quick"), enough=1))
    for _ in range(200):
        if threading.active_count() <= before:
            return
        time.sleep(0.01)
    pytest.fail(f"{threading.active_count() - before} threads are left")


@DRIVERS
def test_one_that_lost_asks_nobody_else_when_it_fails(drive: Drive) -> None:
    failing, done, wire = threading.Event(), threading.Event(), ScriptedWire(Response("late"))

    def fail() -> None:
        failing.wait(10)
        raise ProviderError("503")

    def loser() -> Flow[str]:
        try:
            yield Compute(fail)
        except ProviderError:
            yield Send(wire, Request("another"))
        finally:
            done.set()
        return "late"

    assert drive(beside(loser(), after(0.01, "quick"), enough=1))[1] == "quick"
    failing.set()
    assert done.wait(10)
    assert wire.requests == []


def test_what_a_cancelled_one_ends_with_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Flow[str]:
        yield Sleep(0.01)
        raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await arun(beside(*(broken() for _ in range(4))))
        await asyncio.sleep(0.05)
        gc.collect()

    asyncio.run(main())
    assert caplog.records == []


def test_when_time_is_over_for_all_nobody_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    heat = _Heat(Parallel([after(0, "a"), after(0, "b")], timeout=5.0))
    heat.due()
    heat.note(0, TimeoutError("its own"))
    now = time.monotonic()
    set_clock(monkeypatch, lambda: now + 6, "visionhub.beside")
    with pytest.raises(TimeoutError, match="limit of 5 s"):
        heat.note(1, TimeoutError("late"))
