"""Several flows as one: requests that a wire can merge go out together, and nothing else changes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest

from tests.clock import set_clock
from visionhub.beside import Parallel
from visionhub.errors import InputError, TimeoutError, TransportError, VisionError
from visionhub.flow import Flow, Send, Sleep, Wait, arun, compute, promise, run, send, until
from visionhub.testing import ScriptedWire
from visionhub.together import together
from visionhub.wire import Request, Response


class Counting:
    """A wire that takes three questions at a time and fails those named `bad`."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.broken = False
        self.together: threading.Barrier | None = None

    def send(self, request: Request, timeout: float | None) -> Response:
        self.sent.append(list(request.body["all"]))
        if self.together:
            self.together.wait()
        if self.broken:
            raise TransportError("The line broke.")
        if "refused" in request.body["all"]:
            raise InputError("Something of it is refused.")
        return Response([name.upper() for name in request.body["all"]])

    def close(self) -> None:
        """Holds nothing."""

    def fitting(self, requests: Sequence[Request]) -> int:
        """Up to three, of which none is `alone`."""
        if requests[0].body["name"] == "alone":
            return 1
        names = [request.body["name"] for request in requests]
        return min(3, len(names), names.index("alone") if "alone" in names else 3)

    def merge(self, requests: Sequence[Request]) -> Request:
        return Request(requests[0].operation, {"all": [request.body["name"] for request in requests]})

    def split(self, response: Response, requests: Sequence[Request]) -> list[Response | VisionError]:
        assert len(response.body) == len(requests)
        return [InputError("bad") if name == "BAD" else Response(name) for name in response.body]


def asking(wire: Counting, name: str, operation: str = "look") -> Flow[Any]:
    yield from compute(lambda: None)
    response = yield from send(wire, Request(operation, {"name": name}))
    return response.body


def outcomes(flows: list[Flow[Any]], at_once: int = 1, *, is_async: bool) -> list[Any]:
    return asyncio.run(arun(together(flows, at_once))) if is_async else run(together(flows, at_once))


@pytest.mark.parametrize("is_async", [False, True])
def test_one_bad_item_loses_no_other(*, is_async: bool) -> None:
    wire = Counting()
    names = ["a", "bad", "c", "d", "e", "bad", "g"]
    found = outcomes([asking(wire, name) for name in names], is_async=is_async)
    assert wire.sent == [["a", "bad", "c"], ["d", "e", "bad"], ["g"]]
    assert [item if isinstance(item, str) else type(item) for item in found] == [
        "A", InputError, "C", "D", "E", InputError, "G",
    ]  # fmt: skip


@pytest.mark.parametrize("is_async", [False, True])
def test_a_request_that_fails_fails_all_of_its_questions(*, is_async: bool) -> None:
    wire = Counting()
    wire.broken = True
    found = outcomes([asking(wire, name) for name in "abcd"], is_async=is_async)
    assert [type(item) for item in found] == [TransportError] * 4


def test_only_requests_of_one_operation_are_merged() -> None:
    wire = Counting()
    run(together([asking(wire, "a"), asking(wire, "b", "other"), asking(wire, "c")]))
    assert sorted(wire.sent) == [["a", "c"], ["b"]]


def test_those_that_wait_try_again_together() -> None:
    wire, tries = Counting(), []

    def again(name: str) -> Flow[Any]:
        tries.append(name)
        yield Sleep(0.01)
        return (yield from asking(wire, name))

    assert run(together([again("a"), again("b"), asking(wire, "c")])) == ["A", "B", "C"]
    assert wire.sent == [["c"], ["a", "b"]]


def test_what_is_no_vision_error_is_raised_and_everything_closed() -> None:
    closed = []

    def broken() -> Flow[Any]:
        try:
            yield Sleep(0)
            raise ZeroDivisionError
        finally:
            closed.append(1)

    with pytest.raises(ZeroDivisionError):
        run(together([broken(), broken()]))
    assert closed == [1, 1]


def test_nothing_at_all() -> None:
    assert run(together([])) == []


def test_each_question_of_a_request_that_fails_has_an_error_of_its_own() -> None:
    wire = Counting()
    wire.broken = True
    found = run(together([asking(wire, name) for name in ("a", "b", "c")]))
    assert wire.sent == [["a", "b", "c"]]
    assert all(isinstance(error, TransportError) for error in found)
    assert len({id(error) for error in found}) == 3


@pytest.mark.parametrize("at_once", [1, 5])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_refused_request_goes_out_again_in_its_parts(at_once: int, *, is_async: bool) -> None:
    wire = Counting()
    found = outcomes([asking(wire, name) for name in ("a", "refused", "c", "d")], at_once, is_async=is_async)
    assert [item if isinstance(item, str) else type(item) for item in found] == ["A", InputError, "C", "D"]
    assert sorted(wire.sent) == [["a"], ["a", "refused", "c"], ["c"], ["d"], ["refused"]]


def test_a_single_question_that_is_refused_is_not_asked_again() -> None:
    wire = Counting()
    (found,) = run(together([asking(wire, "refused")]))
    assert isinstance(found, InputError)
    assert wire.sent == [["refused"]]


def test_what_fits_goes_along_behind_what_does_not() -> None:
    wire = Counting()
    assert run(together([asking(wire, name) for name in ("a", "alone", "b")])) == ["A", "ALONE", "B"]
    assert wire.sent == [["a", "b"], ["alone"]]


@pytest.mark.parametrize("is_async", [False, True])
def test_requests_that_cannot_be_merged_go_out_at_the_same_time(*, is_async: bool) -> None:
    wires = [Counting(), Counting(), Counting()]
    met = threading.Barrier(3, timeout=30)
    for wire in wires:
        wire.together = met
    flows = [asking(wire, name) for name in "ab" for wire in wires]
    assert outcomes(flows, 3, is_async=is_async) == ["A"] * 3 + ["B"] * 3
    assert [wire.sent for wire in wires] == [[["a", "b"]]] * 3


@pytest.mark.parametrize("is_async", [False, True])
def test_one_of_several_wires_that_fails_loses_no_other(*, is_async: bool) -> None:
    wires = [Counting(), Counting()]
    wires[0].broken = True
    found = outcomes([asking(wire, name) for name in "ab" for wire in wires], 2, is_async=is_async)
    assert [item if isinstance(item, str) else type(item) for item in found] == [
        TransportError, "A", TransportError, "B",
    ]  # fmt: skip
    assert found[0] is not found[2]


@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_no_vision_error_is_raised_beside_others_too(*, is_async: bool) -> None:
    class Broken(Counting):
        def send(self, request: Request, timeout: float | None) -> Response:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        outcomes([asking(Broken(), "a"), asking(Counting(), "b")], 2, is_async=is_async)


def test_beside_each_other_they_may_wait_for_what_another_holds() -> None:
    def leading() -> Flow[Any]:
        answer.set_result((yield Send(wire, Request("look"))).body)
        return "led"

    def following() -> Flow[Any]:
        return (yield Wait(answer, 5))

    def racing() -> Flow[Any]:
        return (yield Parallel([following()]))

    for is_async in (False, True):
        answer = promise()
        wire = ScriptedWire(Response("sent"))
        assert outcomes([racing(), leading()], is_async=is_async) == [["sent"], "led"]


@pytest.mark.parametrize("is_async", [False, True])
def test_whichever_is_told_first_goes_on_first(is_async: bool) -> None:
    first, second = promise(), promise()

    def waiting(for_it: Any, then: Any) -> Flow[Any]:
        told = yield Wait(for_it, 10)
        if then:
            then.set_result(told)
        return told

    second.set_result("told")
    assert outcomes([waiting(first, None), waiting(second, first)], is_async=is_async) == ["told", "told"]


@pytest.mark.parametrize("is_async", [False, True])
def test_an_error_waited_for_is_told_and_a_wait_ends_in_time(is_async: bool) -> None:
    failed, never = promise(), promise()
    failed.set_exception(TransportError("broken"))

    def waiting(future: Any) -> Flow[Any]:
        return (yield Wait(future, 0.05))

    errors = outcomes([waiting(never), waiting(failed)], is_async=is_async)
    assert [type(error) for error in errors] == [TimeoutError, TransportError]


class Clock:
    """Time that passes only where something is sent."""

    def __init__(self) -> None:
        self.now = 0.0
        self.limits: list[float | None] = []

    def monotonic(self) -> float:
        return self.now

    def send(self, request: Request, timeout: float | None) -> Response:
        assert timeout is not None
        self.limits.append(timeout)
        self.now += min(timeout, 3.0)
        if timeout < 3.0:
            raise TimeoutError("late")
        return Response(request.operation)


def test_time_passes_for_all_while_one_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    set_clock(monkeypatch, clock.monotonic, "visionhub.together", "visionhub.flow")

    def asking_slowly() -> Flow[Any]:
        return (yield Send(cast("Any", clock), Request("look"))).body

    told = run(together([until(7, asking_slowly(), lambda: TimeoutError("passed")) for _ in range(4)]))
    assert clock.limits == [7, 4, 1]
    assert clock.now == 7
    assert [str(one) for one in told] == ["look", "look", "passed", "passed"]


@pytest.mark.parametrize("is_async", [False, True])
def test_who_is_told_goes_on_while_others_sleep(is_async: bool) -> None:
    turn, left = promise(), threading.Event()

    def sleeping() -> Flow[Any]:
        yield Sleep(0.3)
        return left.is_set()

    def waiting() -> Flow[Any]:
        yield Wait(turn, 10)
        left.set()
        return "went on"

    threading.Timer(0.02, turn.set_result, [None]).start()
    assert outcomes([sleeping(), waiting()], is_async=is_async) == [True, "went on"]
