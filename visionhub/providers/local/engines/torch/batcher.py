"""Questions of many callers, answered in batches.

A model takes many pictures in hardly more time than one. While it works, questions gather; then those that can go together go together.
A lone question never waits for company that does not come: only while others are being prepared is there any waiting at all.
"""

from __future__ import annotations

import gc
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

import torch

from visionhub.errors import ProviderError, TimeoutError, VisionError
from visionhub.providers.local.engines.torch.ending import ENDING
from visionhub.providers.local.engines.torch.pace import Pace

Q = TypeVar("Q")
A = TypeVar("A")
IDLE = 30.0


@dataclass(frozen=True, slots=True)
class Answered(Generic[A]):
    """An answer; how many questions were answered with it, how long it waited before that, and how long all of them took."""

    answer: A
    batch: int
    queue_ms: float
    compute_ms: float


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Q, A]):
    question: Q
    until: float | None
    since: float = field(default_factory=time.monotonic)
    future: Future[Answered[A]] = field(default_factory=Future)


class Batcher(Generic[Q, A]):
    """Groups questions of equal keys, as many as `pace` says, for `workers`: functions that answer a batch, each called by a thread of its own.

    For an answer that is an error, its asker gets that alone. `wait` is how many seconds a batch waits at most for questions that are
    being prepared. The threads end when nobody has asked for a while.

    `cores`, where the model runs on them too, is how many questions are prepared at a time, and then none while the model works: beside each
    other both would take longer than one after the other.
    """

    def __init__(
        self,
        workers: Sequence[Callable[[Sequence[Q]], Sequence[A | VisionError]]],
        pace: Pace,
        wait: float,
        cores: int | None = None,
    ) -> None:
        self._idle = list(workers)
        self._workers = len(workers)
        self._is_closed = False
        self._pace = pace
        self._wait = wait
        self._cores = cores
        self._turn = Condition()
        self._pending: OrderedDict[Hashable, deque[_Waiting[Q, A]]] = OrderedDict()
        self._coming = 0
        self._preparing = 0
        self._at_work = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Around the preparation of a question, until it is asked."""
        with self._turn:
            self._coming += 1
        try:
            with self._turn:
                self._turn.wait_for(self._may_prepare)
                self._preparing += 1
            try:
                yield
            finally:
                with self._turn:
                    self._preparing -= 1
        finally:
            with self._turn:
                self._coming -= 1
                self._turn.notify_all()

    def _may_prepare(self) -> bool:
        return self._cores is None or (self._preparing < self._cores and not self._at_work)

    def ask(self, question: Q, key: Hashable, until: float | None = None) -> Future[Answered[A]]:
        """What will be answered. A future that is cancelled, or not begun by `until` (`time.monotonic`), is not asked."""
        waiting: _Waiting[Q, A] = _Waiting(question, until)
        with self._turn:
            self._pending.setdefault(key, deque()).append(waiting)
            self._turn.notify_all()
            # A thread more, as long as there are more batches than threads.
            if self._idle:
                self._begin(self._idle[-1])
        return waiting.future

    def close(self) -> None:
        """What was asked is still answered; then the threads end, and let go of the model."""
        with self._turn:
            self._is_closed = True
            self._turn.notify_all()

    def _begin(self, worker: Callable[[Sequence[Q]], Sequence[A | VisionError]]) -> None:
        """A thread for a worker. If there can be no more of them, a thread that is there answers, or else the question fails."""
        try:
            Thread(target=self._work, args=(worker,), name="visionhub-torch", daemon=True).start()
        except RuntimeError as error:
            if len(self._idle) < self._workers:
                return
            for queue in self._pending.values():
                for one in queue:
                    if one.future.set_running_or_notify_cancel():
                        one.future.set_exception(failure(error).again())
            self._pending.clear()
        else:
            self._idle.remove(worker)

    def _work(self, worker: Callable[[Sequence[Q]], Sequence[A | VisionError]]) -> None:
        while batch := self._next(worker):
            if begun := [one for one in batch if _is_wanted(one)]:
                with ENDING.at_work():
                    self._answer(worker, begun)
            with self._turn:
                self._at_work -= 1
                self._turn.notify_all()
            # What they held must not stay until the next ones come.
            del batch, begun

    def _next(self, worker: Callable[..., Any]) -> list[_Waiting[Q, A]]:
        """The next batch, waited for; empty if the thread is to end."""
        with self._turn:
            self._turn.wait_for(lambda: self._pending or self._is_closed, IDLE)
            if not self._pending:
                self._idle.append(worker)
                return []
            key = next(iter(self._pending))
            self._turn.wait_for(
                lambda: not self._coming or len(self._pending.get(key, ())) >= self._pace.size, self._wait
            )
            queue = self._pending.get(key)
            if queue is None:
                # Another thread has taken them meanwhile.
                return self._next(worker)
            batch = [queue.popleft() for _ in range(min(self._pace.size, len(queue)))]
            if not queue:
                del self._pending[key]
            else:
                self._pending.move_to_end(key)
            self._at_work += 1
            return batch

    def _answer(self, worker: Callable[[Sequence[Q]], Sequence[A | VisionError]], batch: list[_Waiting[Q, A]]) -> None:
        begun = time.monotonic()
        try:
            answered = list(zip(batch, worker([one.question for one in batch]), strict=True))
        except BaseException as error:  # noqa: BLE001  # whatever a model raises, also a panic of Rust, is its callers' answer
            if not is_memory(error):
                failed = error if isinstance(error, VisionError) else failure(error)
                for one in batch:
                    one.future.set_exception(failed.again())
                return
        else:
            took = (time.monotonic() - begun) * 1000
            with self._turn:
                self._pace.note(len(batch), took)
            for one, answer in answered:
                if isinstance(answer, VisionError):
                    one.future.set_exception(answer)
                else:
                    one.future.set_result(Answered(answer, len(batch), (begun - one.since) * 1000, took))
            return
        # Outside of `except`: the traceback holds what filled the memory.
        tidy()
        if len(batch) == 1:
            batch[0].future.set_exception(
                ProviderError(
                    "The picture does not fit into the device's memory beside the model.",
                    hint='Set a smaller precision, a smaller model, or device = "cpu" in [providers.local].',
                )
            )
            return
        with self._turn:
            self._pace.shrink(len(batch))
        while batch:
            # It may have become less again meanwhile.
            most = self._pace.size
            self._answer(worker, batch[:most])
            batch = batch[most:]


def _is_wanted(one: _Waiting[Any, Any]) -> bool:
    if not one.future.set_running_or_notify_cancel():
        return False
    if one.until is None or time.monotonic() < one.until:
        return True
    one.future.set_exception(
        TimeoutError("The time limit passed before the model's turn came.", hint="Allow more time.")
    )
    return False


FULL = ("not enough memory", "can't allocate memory", "out of memory", "ALLOC_FAILED")


def is_memory(error: BaseException) -> bool:
    """Whether it says that something does not fit into the device's memory."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in FULL)
    )


def failure(error: BaseException) -> VisionError:
    """What a model raised, as its callers are told."""
    made = ProviderError(
        f"The model failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}",
        hint="If the device is lost, only a new process gets it back. Else the model may not fit the task: try another.",
    )
    made.__cause__ = error
    return made


def tidy() -> None:
    """Gives back memory of the device that is held for nothing."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
