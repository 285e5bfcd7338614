"""Several flows as one, so that a provider that takes many questions in one request is given them so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from visionhub.errors import DecodeError, VisionError
from visionhub.flow import Compute, Effect, Flow, Send, Sleep, Wait
from visionhub.wire import BatchWire

T = TypeVar("T")


def together(flows: Sequence[Flow[T]]) -> Flow[list[T | VisionError]]:
    """Several flows side by side, as one: what each returns, or the error it ends with, in order.

    Requests that wait for the same wire go out as one where that wire can merge them (`BatchWire`); whatever else they want is
    done in turn. A flow that sleeps waits until no other has anything to do.
    """
    outcomes: dict[int, T | VisionError] = {}
    wanted: dict[int, Effect] = {}

    def go_on(index: int, resume: Callable[[], Effect]) -> None:
        wanted.pop(index, None)
        try:
            wanted[index] = resume()
        except StopIteration as stop:
            outcomes[index] = stop.value
        except VisionError as error:
            outcomes[index] = error

    try:
        for index, flow in enumerate(flows):
            go_on(index, partial(next, flow))
        while wanted:
            effect, indices = _next(wanted)
            try:
                outcome = yield effect
            except Exception as error:
                for index in indices:
                    # Each has its own: it will be told where it happened.
                    go_on(index, partial(flows[index].throw, _own(error)))
            else:
                for index, part in zip(indices, _parts(effect, outcome, len(indices)), strict=True):
                    resume = flows[index].throw if isinstance(part, VisionError) else flows[index].send
                    go_on(index, partial(resume, part))
        return [outcomes[index] for index in range(len(flows))]
    finally:
        for flow in flows:
            flow.close()


def _own(error: Exception) -> Exception:
    return error.again() if isinstance(error, VisionError) else error


# What waits for another flow comes last: that flow may be one of these.
_RANK: dict[type[Effect], int] = {Compute: 0, Send: 2, Sleep: 3, Wait: 4}


def _next(wanted: dict[int, Effect]) -> tuple[Effect, list[int]]:
    """What to do next, and for which flows: computing first, so that as many as possible wait for the same wire."""
    first = min(wanted, key=lambda index: _RANK.get(type(wanted[index]), 1))
    effect = wanted[first]
    match effect:
        case Sleep():
            asleep = {index: one.seconds for index, one in wanted.items() if isinstance(one, Sleep)}
            return Sleep(max(asleep.values())), list(asleep)
        case Send() if hasattr(effect.wire, "merge"):
            alike = {
                index: one for index, one in wanted.items()
                if isinstance(one, Send) and one.wire is effect.wire and one.request.operation == effect.request.operation
            }  # fmt: skip
            wire = cast("BatchWire", effect.wire)
            indices = list(alike)[: wire.fitting([one.request for one in alike.values()])]
            limits = [limit for index in indices if (limit := alike[index].timeout) is not None]
            request = wire.merge([alike[index].request for index in indices])
            return Send(wire, request, min(limits, default=None)), indices
        case _:
            return effect, [first]


def _parts(effect: Effect, outcome: Any, count: int) -> Sequence[Any]:
    """The outcome for each of the flows that an effect was performed for."""
    if not (isinstance(effect, Send) and hasattr(effect.wire, "merge")):
        return [outcome] * count
    try:
        parts = cast("BatchWire", effect.wire).split(outcome, count)
    except (LookupError, TypeError, ValueError, AttributeError):
        parts = ()
    if len(parts) == count:
        return parts
    words, hint = (
        f"The provider did not give {count} answers to {count} questions.",
        "Ask again, one picture at a time.",
    )
    return [DecodeError(words, hint=hint) for _ in range(count)]
