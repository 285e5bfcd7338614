"""Flows beside each other: effects that run other flows in threads or tasks of their own.

In blocking code a flow that lost cannot be interrupted: what it waits for goes on in its thread, unheard, and ends the flow when
it comes. In async code its task is cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from visionhub.errors import TimeoutError, VisionError
from visionhub.flow import Compute, Effect, Flow, Sleep, arun, begun, run, until

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parallel(Generic[T]):
    """Run flows beside each other; the outcome is what each returned or the `VisionError` it ended with, in order.

    enough  so many answers end it, and so does an error that nobody else would mend: those under way are cancelled, and their outcome
            is an `UnheardError`; that of those not begun is None. Left out, all are heard to the end.
    delay   seconds from the start of one to that of the next, which begins earlier if one ends
    """

    flows: Sequence[Flow[T]]
    enough: int | None = None
    delay: float = 0.0
    timeout: float | None = None

    def perform(self) -> list[T | VisionError | None]:
        """The outcomes, waited for."""
        heat = _Heat(self)
        stopped = Event()
        running: dict[Future[T | VisionError], int] = {}
        try:
            while not heat.is_over:
                for index in heat.due():
                    flow = stoppable(heat.flow(index), stopped)
                    running[begun(lambda flow=flow: _told(flow))] = index  # type: ignore[misc]  # bound here, since it is another one each time
                for future in wait(running, heat.pause(), FIRST_COMPLETED).done:
                    heat.note(running.pop(future), future.result())
        finally:
            stopped.set()
            heat.close(running.values())
        return heat.outcomes

    async def aperform(self) -> list[T | VisionError | None]:
        """The outcomes, awaited."""
        import asyncio

        heat = _Heat(self)
        running: dict[asyncio.Task[T | VisionError], int] = {}
        try:
            while not heat.is_over:
                for index in heat.due():
                    running[asyncio.create_task(_atold(heat.flow(index)))] = index
                done, _ = await asyncio.wait(running, timeout=heat.pause(), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    heat.note(running.pop(task), task.result())
        finally:
            for task in running:
                task.cancel()
                # Nobody else reads what it ends with.
                task.add_done_callback(_forget)
            heat.close(running.values())
        return heat.outcomes


class _Heat(Generic[T]):
    """The course of one `Parallel`: who has begun, who is due, when it is over."""

    def __init__(self, plan: Parallel[T]) -> None:
        self._plan = plan
        self._ends = None if plan.timeout is None else time.monotonic() + plan.timeout
        self._next = time.monotonic()
        self._begun = 0
        self._heard = 0
        self.is_over = not plan.flows
        self.outcomes: list[T | VisionError | None] = [None] * len(plan.flows)

    def due(self) -> range:
        """Which flows begin now."""
        first, count, now = self._begun, len(self._plan.flows), time.monotonic()
        while self._begun < count and now >= self._next:
            self._begun += 1
            self._next += self._plan.delay
        return range(first, self._begun)

    def flow(self, index: int) -> Flow[T]:
        """One flow, within the time limit."""
        flow = self._plan.flows[index]
        return flow if self._ends is None else until(self._ends - time.monotonic(), flow, self._passed)

    def pause(self) -> float | None:
        """Seconds until something is due. Raises `TimeoutError` when the time is over."""
        now = time.monotonic()
        if self._ends is not None and now >= self._ends:
            raise self._passed()
        moments = [self._ends] if self._ends is not None else []
        if self._begun < len(self._plan.flows):
            moments.append(self._next)
        return max(0.0, min(moments) - now) if moments else None

    def note(self, index: int, outcome: T | VisionError) -> None:
        """Takes one outcome. Raises `TimeoutError` for one that ended with the time of all."""
        if self._ends is not None and isinstance(outcome, TimeoutError) and time.monotonic() >= self._ends:
            # Whichever of both clocks strikes first, it is the time of all that is over.
            raise self._passed()
        self.outcomes[index] = outcome
        self._heard += 1
        self._next = time.monotonic()
        is_final = self._plan.enough is not None and isinstance(outcome, VisionError) and not outcome.elsewhere
        answers = sum(not (one is None or isinstance(one, VisionError)) for one in self.outcomes)
        self.is_over = self.is_over or is_final or self._heard == len(self.outcomes) or answers == self._plan.enough

    def close(self, running: Iterable[int]) -> None:
        """Gives up those that are running, and drops the flows that have not begun."""
        for index in running:
            self.outcomes[index] = UnheardError("Another one was quicker.")
        for flow in self._plan.flows[self._begun :]:
            flow.close()

    def _passed(self) -> TimeoutError:
        return TimeoutError(f"The time limit of {self._plan.timeout:.3g} s passed.")


@dataclass(frozen=True, slots=True)
class Aside:
    """Begin a flow that nobody waits for; the outcome is None, at once. What it returns or raises is its own matter."""

    flow: Flow[Any]

    def perform(self) -> None:
        """Begins, in a thread."""
        begun(lambda: run(self.flow))

    async def aperform(self) -> None:
        """Begins, as a task."""
        import asyncio

        task = asyncio.create_task(arun(self.flow))
        # The loop itself keeps no hold of its tasks.
        _ASIDE.add(task)
        task.add_done_callback(_forget)


_ASIDE: set[asyncio.Task[Any]] = set()


def _forget(task: asyncio.Task[Any]) -> None:
    _ASIDE.discard(task)
    if not task.cancelled():
        task.exception()


def stoppable(flow: Flow[T], stopped: Event) -> Flow[T]:
    """The same flow, closed at its next step once `stopped` is set; it sleeps no longer than that."""
    try:
        effect = next(flow)
        while True:
            try:
                outcome = yield _waking(effect, stopped)
            except Exception as error:
                effect = flow.throw(error)
                # What an error leaves to be settled is settled; nobody else is asked.
                if stopped.is_set() and not isinstance(effect, Compute):
                    raise UnheardError("Another one was quicker.") from error
            else:
                if stopped.is_set():
                    raise UnheardError("Another one was quicker.")
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


class UnheardError(VisionError):
    """Ends a flow whose answer nobody wants any more. No caller sees it."""

    billed: bool | None = None


@dataclass(frozen=True, slots=True)
class _Nap:
    seconds: float
    stopped: Event

    def perform(self) -> None:
        self.stopped.wait(self.seconds)

    async def aperform(self) -> None:
        await Sleep(self.seconds).aperform()


def _waking(effect: Effect, stopped: Event) -> Effect:
    return _Nap(effect.seconds, stopped) if isinstance(effect, Sleep) else effect


def _told(flow: Flow[T]) -> T | VisionError:
    try:
        return run(flow)
    except VisionError as error:
        return error


async def _atold(flow: Flow[T]) -> T | VisionError:
    try:
        return await arun(flow)
    except VisionError as error:
        return error
