"""One call's way through the library, written once for blocking and for async code.

A flow is a generator: it yields *what it wants done* (an effect), is handed the outcome, and finally returns its result.

    def hello(call):
        response = yield from send(wire, request)     # nothing has been sent here: the driver does it
        return decode(response)

`run` performs effects in the calling thread, `arun` awaits them on asyncio. This file is the only place that blocks or
awaits; a flow itself opens no cancel scope and holds no lock across a `yield`.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, cast

from visionhub.errors import TimeoutError, VisionError
from visionhub.wire import AsyncWire, Request, Response, Wire

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class Effect(Protocol):
    """Something a flow wants done. One that may be cut short has a field `timeout`, in seconds."""

    def perform(self) -> Any:
        """The outcome, waited for."""

    async def aperform(self) -> Any:
        """The outcome, awaited."""


@dataclass(frozen=True, slots=True)
class Send:
    """Carry a request over a wire; the outcome is the `Response`. `timeout` in seconds, None for the wire's own."""

    wire: Wire
    request: Request
    timeout: float | None = None

    def perform(self) -> Response:
        """The outcome, waited for."""
        return self.wire.send(self.request, self.timeout)

    async def aperform(self) -> Response:
        """The outcome, awaited."""
        if hasattr(self.wire, "asend"):
            wire = cast("AsyncWire", self.wire)
            return await wire.asend(self.request, self.timeout)
        return await in_thread(lambda: self.wire.send(self.request, self.timeout), self.timeout)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait that many seconds; the outcome is None."""

    seconds: float

    def perform(self) -> None:
        """Waits."""
        time.sleep(self.seconds)

    async def aperform(self) -> None:
        """Waits, while other tasks go on."""
        import asyncio

        await asyncio.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class Compute(Generic[T]):
    """Call a function that reads files or works long; the outcome is what it returns. Async code goes on meanwhile."""

    function: Callable[[], T]
    timeout: float | None = None

    def perform(self) -> T:
        """The outcome, waited for."""
        return self.function() if self.timeout is None else within(self.timeout, self.function)

    async def aperform(self) -> T:
        """The outcome, awaited."""
        return await in_thread(self.function, self.timeout)


@dataclass(frozen=True, slots=True)
class Wait(Generic[T]):
    """Wait for what another flow will put into a `promise`; the outcome is its result. Nothing is cancelled but the waiting."""

    future: Future[T]
    timeout: float | None = None

    def perform(self) -> T:
        """The outcome, waited for."""
        return _waited(self.future, self.timeout)

    async def aperform(self) -> T:
        """The outcome, awaited."""
        import asyncio

        async with _limit(self.timeout):
            return await asyncio.wrap_future(self.future)


@dataclass(frozen=True, slots=True)
class WaitForAny:
    """Wait until one of these is done, `timeout` seconds at most; the outcome is None."""

    futures: Sequence[Future[Any]]
    timeout: float | None = None

    def perform(self) -> None:
        """Waits."""
        from concurrent.futures import FIRST_COMPLETED, wait

        wait(self.futures, self.timeout, FIRST_COMPLETED)

    async def aperform(self) -> None:
        """Waits, while other tasks go on."""
        import asyncio

        waiting = [asyncio.wrap_future(future) for future in self.futures]
        try:
            await asyncio.wait(waiting, timeout=self.timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                if not one.cancel() and not one.cancelled():
                    one.exception()


@dataclass(frozen=True, slots=True)
class Left:
    """How many seconds are left; the outcome is None where there is no limit."""

    def perform(self) -> None:
        """No limit: whoever sets one answers this himself."""

    async def aperform(self) -> None:
        """See `perform`."""


Flow: TypeAlias = Generator[Effect, Any, T]


def send(wire: Wire, request: Request) -> Flow[Response]:
    """Sends, as a step of a flow."""
    response: Response = yield Send(wire, request)
    return response


def compute(function: Callable[[], T]) -> Flow[T]:
    """Computes, as a step of a flow."""
    value: T = yield Compute(function)
    return value


def timed(effect: Effect, seconds: float) -> Effect:
    """The same effect, bounded to `seconds` if it was not bounded more tightly. A sleep stays as it is."""
    already = getattr(effect, "timeout", 0.0)
    return effect if already is not None and already <= seconds else replace(cast("Any", effect), timeout=seconds)


def until(seconds: float, flow: Flow[T], passed: Callable[[], VisionError], *, from_first: bool = False) -> Flow[T]:
    """The same flow, but what it wants done takes no longer than `seconds` altogether: then `passed()` is thrown into it.

    A sleep that would last longer is not begun. The time runs from the beginning, or (`from_first`) from the first effect: what comes
    before is our own work.
    """
    begun_at = time.monotonic()
    try:
        effect = next(flow)
        ends = (time.monotonic() if from_first else begun_at) + seconds
        while True:
            try:
                outcome = yield _within(ends, effect, passed)
                if isinstance(effect, Left):
                    left = ends - time.monotonic()
                    outcome = left if outcome is None else min(left, outcome)
            except Exception as error:
                # What had only the rest of the time says so; the caller is told the whole.
                is_over = isinstance(error, TimeoutError) and time.monotonic() >= ends
                effect = flow.throw(passed() if is_over else error)
            else:
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def _within(ends: float, effect: Effect, passed: Callable[[], VisionError]) -> Effect:
    left = ends - time.monotonic()
    if left <= (effect.seconds if isinstance(effect, Sleep) else 0.0):
        raise passed()
    return timed(effect, left)


def run(flow: Flow[T]) -> T:
    """Performs a flow in this thread and returns its result, or raises its error."""
    try:
        effect = next(flow)
        while True:
            try:
                outcome = effect.perform()
            except Exception as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


async def arun(flow: Flow[T]) -> T:
    """Performs a flow in this task and returns its result, or raises its error. A cancelled flow is closed."""
    try:
        effect = next(flow)
        while True:
            try:
                outcome = await effect.aperform()
            except Exception as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def within(seconds: float, function: Callable[[], T]) -> T:
    """Calls a function that cannot be interrupted and stops waiting for it after `seconds`: it goes on in its thread, unheard.

    Raises `TimeoutError`.
    """
    return _waited(begun(function), seconds)


async def in_thread(function: Callable[[], T], timeout: float | None = None) -> T:
    """`within` for async code: the event loop goes on, and a cancelled caller does not wait for the thread."""
    import asyncio

    async with _limit(timeout):
        return await asyncio.wrap_future(begun(function))


def _waited(future: Future[T], timeout: float | None) -> T:
    from concurrent.futures import TimeoutError as Late

    try:
        return future.result(None if timeout is None else max(timeout, 0.0))
    except Late as error:
        if future.done():
            raise
        raise _passed(timeout) from error


@asynccontextmanager
async def _limit(timeout: float | None) -> AsyncIterator[None]:
    import asyncio

    try:
        async with asyncio.timeout(timeout):
            yield
    except builtins.TimeoutError as error:
        if isinstance(error, TimeoutError):
            raise
        raise _passed(timeout) from error


def _passed(seconds: float | None) -> TimeoutError:
    return TimeoutError(f"The time limit of {seconds:.3g} s passed.", hint="Allow more time, or ask another provider.")


def promise() -> Future[Any]:
    """A future that cannot be cancelled: who no longer waits for it takes it from nobody."""
    from concurrent.futures import Future

    made: Future[Any] = Future()
    made.set_running_or_notify_cancel()
    return made


def begun(function: Callable[[], T]) -> Future[T]:
    """What a function returns, called in a thread of its own, for which neither the event loop nor the interpreter waits."""
    from contextvars import copy_context
    from threading import Thread

    outcome: Future[T] = promise()
    context = copy_context()

    def work() -> None:
        try:
            outcome.set_result(context.run(function))
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=work, name="visionhub", daemon=True).start()
    return outcome
