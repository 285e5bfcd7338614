"""Several flows as one, so that a provider that takes many questions in one request is given them so."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from visionhub.beside import Parallel
from visionhub.errors import DecodeError, InputError, TimeoutError, UnsupportedError, VisionError
from visionhub.flow import Compute, Effect, Flow, Send, Sleep, Wait, WaitForAny, timed
from visionhub.wire import BatchWire, Request

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

# Of several questions in one request it may be about one alone: nothing was answered, and nothing is billed.
ABOUT_ONE = (InputError, UnsupportedError)


@dataclass(frozen=True, slots=True)
class _Step:
    """Something to do, and for which flows; `asked` are their requests, where a wire has merged them."""

    effect: Effect
    indices: Sequence[int]
    asked: Sequence[Request] = ()


def together(flows: Sequence[Flow[T]], at_once: int = 1) -> Flow[list[T | VisionError]]:
    """Several flows side by side, as one: what each returns, or the error it ends with, in order.

    Requests that wait for the same wire go out as one where that wire can merge them (`BatchWire`), and of what goes out then,
    up to `at_once` at the same time; whatever else the flows want is done in turn. A flow that sleeps waits until no other has
    anything to do. A merged request that is refused for what it asks goes out again in its parts: one bad question loses no other.
    """
    outcomes: dict[int, T | VisionError] = {}
    wanted: dict[int, Effect] = {}
    # Of what is wanted until a certain moment, when that is: while others are served, time passes for all.
    ends: dict[int, float] = {}
    apart: set[int] = set()

    def go_on(index: int, resume: Callable[[], Effect]) -> None:
        wanted.pop(index, None)
        ends.pop(index, None)
        apart.discard(index)
        try:
            wanted[index] = effect = resume()
            seconds = effect.seconds if isinstance(effect, Sleep) else getattr(effect, "timeout", None)
            if seconds is not None:
                ends[index] = time.monotonic() + seconds
        except StopIteration as stop:
            outcomes[index] = stop.value
        except VisionError as error:
            outcomes[index] = error

    try:
        for index, flow in enumerate(flows):
            go_on(index, partial(next, flow))
        while wanted:
            for index, effect in list(wanted.items()):
                if isinstance(effect, Wait) and effect.future.done():
                    go_on(index, partial(_resumed, flows[index], effect.future))
                elif index in ends and ends[index] <= time.monotonic() and not isinstance(effect, Sleep):
                    go_on(index, partial(flows[index].throw, TimeoutError("The time limit passed.")))
            if not wanted:
                break
            steps = _next(_now(wanted, ends), apart, at_once)
            for step, outcome in zip(steps, (yield from _performed(steps)), strict=True):
                if isinstance(outcome, ABOUT_ONE) and len(step.indices) > 1:
                    apart.update(step.indices)
                    continue
                for index, part in zip(step.indices, _parts(step, outcome), strict=True):
                    resume = flows[index].throw if isinstance(part, Exception) else flows[index].send
                    go_on(index, partial(resume, part))
        return [outcomes[index] for index in range(len(flows))]
    finally:
        for flow in flows:
            flow.close()


def _resumed(flow: Flow[Any], future: Future[Any]) -> Effect:
    """Goes on with what a future holds."""
    error = future.exception()
    return flow.send(future.result()) if error is None else flow.throw(error)


def _now(wanted: Mapping[int, Effect], ends: Mapping[int, float]) -> dict[int, Effect]:
    """What is wanted, for the time that is left of it."""
    now = time.monotonic()
    left = {index: max(0.0, end - now) for index, end in ends.items()}
    return {
        index: Sleep(left[index]) if isinstance(one, Sleep) else timed(one, left[index]) if index in left else one
        for index, one in wanted.items()
    }


def _performed(steps: Sequence[_Step]) -> Flow[Sequence[Any]]:
    """The outcome of each, or what it raised."""
    if len(steps) > 1:
        told: Sequence[Any] = yield Parallel([_alone(step.effect) for step in steps])
        return told
    try:
        return [(yield steps[0].effect)]
    except Exception as error:  # the flow it is thrown into knows what to do
        return [error]


def _alone(effect: Effect) -> Flow[Any]:
    return (yield effect)


# What waits for another flow comes last, since that flow may be one of these; flows beside each other may wait for one, too.
_RANK: dict[type[Effect], int] = {Compute: 0, Send: 2, Sleep: 3, Wait: 4, Parallel: 5}


def _next(wanted: Mapping[int, Effect], apart: set[int], at_once: int) -> list[_Step]:
    """What to do next: computing first, so that as many as possible wait for the same wire."""
    first = min(wanted, key=lambda index: _RANK.get(type(wanted[index]), 1))
    match wanted[first]:
        case Sleep():
            asleep = {index: one.seconds for index, one in wanted.items() if isinstance(one, Sleep)}
            longest = max(asleep.values())
            # Who is told meanwhile goes on: the turn that it got is not to be slept away.
            return [_waited(wanted, longest)] if longest and _waits(wanted) else [_Step(Sleep(longest), list(asleep))]
        case Send():
            return _sends({index: one for index, one in wanted.items() if isinstance(one, Send)}, apart, at_once)
        case Wait():
            return [_waited(wanted, None)]
        case other:
            return [_Step(other, [first])]


def _waits(wanted: Mapping[int, Effect]) -> list[Wait[Any]]:
    return [one for one in wanted.values() if isinstance(one, Wait)]


def _waited(wanted: Mapping[int, Effect], seconds: float | None) -> _Step:
    """Waits for any, `seconds` at most: what the first waits for may itself wait for what the second holds."""
    waits = _waits(wanted)
    limits = [limit for limit in (seconds, *(one.timeout for one in waits)) if limit is not None]
    return _Step(WaitForAny([one.future for one in waits], min(limits, default=None)), ())


def _sends(waiting: dict[int, Send], apart: set[int], most: int) -> list[_Step]:
    """The first requests to go out, `most` of them; those `apart` are merged with no other."""
    steps: list[_Step] = []
    while waiting and len(steps) < most:
        first, send = next(iter(waiting.items()))
        others = {index: one for index, one in waiting.items() if index not in apart}
        if hasattr(send.wire, "merge"):
            steps.append(_merged(send, {first: send} if first in apart else others))
        else:
            steps.append(_Step(send, [first]))
        for index in steps[-1].indices:
            del waiting[index]
    return steps


def _merged(send: Send, waiting: Mapping[int, Send]) -> _Step:
    """The request and those that may go out with it, as one."""
    wire = cast("BatchWire", send.wire)
    alike = [
        (index, one) for index, one in waiting.items()
        if one.wire is send.wire and one.request.operation == send.request.operation
    ]  # fmt: skip
    count = wire.fitting([one.request for _, one in alike])
    chosen = alike[:count]
    # What stands behind one that does not fit may fit without it.
    for item in alike[count + 1 :]:
        if wire.fitting([one.request for _, one in [*chosen, item]]) > len(chosen):
            chosen.append(item)
    asked = [one.request for _, one in chosen]
    limits = [one.timeout for _, one in chosen if one.timeout is not None]
    return _Step(Send(wire, wire.merge(asked), min(limits, default=None)), [index for index, _ in chosen], asked)


def _parts(step: _Step, outcome: Any) -> Sequence[Any]:
    """The outcome for each of the flows that a step was done for."""
    count = len(step.indices)
    if isinstance(outcome, Exception):
        # Each has its own: it will be told where it happened.
        return [outcome.again() if isinstance(outcome, VisionError) else outcome for _ in range(count)]
    if not step.asked:
        return [outcome] * count
    try:
        parts = cast("BatchWire", cast("Send", step.effect).wire).split(outcome, step.asked)
    except (LookupError, TypeError, ValueError, AttributeError):
        parts = ()
    if len(parts) == count:
        return parts
    words, hint = (
        f"The provider did not give {count} answers to {count} questions.",
        "Ask again, one picture at a time.",
    )
    return [DecodeError(words, hint=hint) for _ in range(count)]
