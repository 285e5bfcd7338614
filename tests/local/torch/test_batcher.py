"""Questions are answered in batches, each to who asked it, whatever happens to the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from visionhub.errors import InputError, ProviderError, TimeoutError, VisionError
from visionhub.providers.local.engines.torch import batcher as module
from visionhub.providers.local.engines.torch.batcher import Batcher
from visionhub.providers.local.engines.torch.pace import Pace

Worker = Callable[[Sequence[Any]], Sequence[Any]]


class Gate:
    """A worker that doubles numbers, and waits at an open or closed gate before it does."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.batches.append(list(questions))
        self.entered.set()
        self.open.wait(10)
        return [2 * number for number in questions]

    def busy(self, made: Batcher[int, int]) -> None:
        """Lets it be at work with one question until the gate is opened."""
        self.open.clear()
        made.ask(0, "key")
        assert self.entered.wait(10)


def batcher(worker: Worker, most: int = 4, wait: float = 0.0, count: int = 1) -> Batcher[Any, Any]:
    return Batcher([worker] * count, Pace(most), wait)


def test_a_lone_question_is_answered_alone_and_at_once() -> None:
    made = batcher(Gate(), wait=30.0)
    answered = made.ask(21, "key").result(5)
    assert (answered.answer, answered.batch) == (42, 1)
    assert answered.queue_ms < 5_000


def test_what_gathers_while_the_model_works_goes_together() -> None:
    gate = Gate()
    made = batcher(gate)
    gate.busy(made)
    futures = [made.ask(number, "key") for number in range(1, 10)]
    gate.open.set()
    assert [future.result(5).answer for future in futures] == [2 * number for number in range(1, 10)]
    assert gate.batches == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]
    assert [future.result().batch for future in futures] == [4] * 8 + [1]


def test_only_equals_go_together_and_nobody_is_left_behind() -> None:
    gate = Gate()
    made = batcher(gate)
    gate.busy(made)
    futures = [made.ask(number, number % 2) for number in range(1, 11)]
    gate.open.set()
    assert [future.result(5).answer for future in futures] == [2 * number for number in range(1, 11)]
    assert gate.batches == [[0], [1, 3, 5, 7], [2, 4, 6, 8], [9], [10]]


def test_a_batch_waits_for_those_that_are_being_prepared() -> None:
    gate = Gate()
    made = batcher(gate, most=2, wait=30.0)
    with made.coming():
        first = made.ask(1, "key")
        assert not first.done()
        with made.coming():
            second = made.ask(2, "key")
    assert [first.result(5).batch, second.result(5).batch] == [2, 2]


def test_who_gives_up_is_not_answered() -> None:
    gate = Gate()
    made = batcher(gate)
    gate.busy(made)
    gone, late, stays = made.ask(1, "key"), made.ask(2, "key", time.monotonic() - 1), made.ask(3, "key")
    assert gone.cancel()
    gate.open.set()
    assert stays.result(5).answer == 6
    with pytest.raises(TimeoutError):
        late.result(5)
    with pytest.raises(CancelledError):
        gone.result(5)
    assert gate.batches == [[0], [3]]


def test_an_error_of_one_is_that_ones_alone_and_an_error_of_all_is_everyones_own() -> None:
    def picky(questions: Sequence[int]) -> list[int | VisionError]:
        if 13 in questions:
            raise ValueError("no 13")
        return [InputError("odd") if number % 2 else number for number in questions]

    made = batcher(picky)
    with pytest.raises(InputError, match="odd"):
        made.ask(1, "key").result(5)
    assert made.ask(2, "key").result(5).answer == 2
    with pytest.raises(ProviderError, match=r"The model failed: ValueError: no 13") as caught:
        made.ask(13, "key").result(5)
    assert isinstance(caught.value.__cause__, ValueError)
    assert made.ask(4, "key").result(5).answer == 4, "the queue goes on"


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("not enough memory: you tried"), MemoryError()]
)
def test_a_batch_too_large_for_the_memory_is_split_and_so_are_those_after_it(error: Exception) -> None:
    gate, sizes = Gate(), []

    def small(questions: Sequence[int]) -> list[int]:
        sizes.append(len(questions))
        if len(questions) > 3:
            raise error
        return gate(questions)

    pace = Pace(8)
    made: Batcher[int, int] = Batcher([small], pace, 0.0)
    gate.busy(made)
    futures = [made.ask(number, "key") for number in range(1, 17)]
    gate.open.set()
    assert [future.result(5).answer for future in futures] == [2 * number for number in range(1, 17)]
    assert sizes == [1, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2]
    assert pace.most == 2


def test_one_that_does_not_fit_alone_is_told_so() -> None:
    def full(questions: Sequence[int]) -> list[int]:
        if questions[0] == 1:
            raise torch.OutOfMemoryError
        return list(questions)

    made = batcher(full)
    with pytest.raises(ProviderError, match="does not fit into the device's memory") as caught:
        made.ask(1, "key").result(5)
    assert "precision" in str(caught.value.hint)
    assert made.ask(2, "key").result(5).answer == 2


def test_several_workers_share_the_queue() -> None:
    both = threading.Barrier(2)

    def meeting(questions: Sequence[int]) -> list[int]:
        both.wait(10)
        return list(questions)

    made = batcher(meeting, most=1, count=2)
    assert [future.result(10).answer for future in [made.ask(1, "key"), made.ask(2, "key")]] == [1, 2]


def test_threads_end_when_nobody_asks_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    others = set(threading.enumerate())
    made = batcher(Gate())
    for _ in range(3):
        assert made.ask(1, "key").result(5).answer == 2
        for thread in set(threading.enumerate()) - others:
            thread.join(5)
            assert not thread.is_alive()


def test_many_threads_get_their_own_answers() -> None:
    made = batcher(Gate(), most=16, wait=0.001, count=2)

    def ask(number: int) -> int:
        with made.coming():
            future = made.ask(number, number % 3)
        return int(future.result(10).answer)

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask, range(2_000))) == [2 * number for number in range(2_000)]


class Panic(BaseException):
    """As libraries written in Rust raise it."""


def test_a_panic_is_told_and_the_next_are_answered() -> None:
    def panic(questions: Sequence[int]) -> list[int]:
        if 1 in questions:
            raise Panic("lost")
        return list(questions)

    made: Batcher[int, int] = Batcher([panic], Pace(4), 0.0)
    with pytest.raises(ProviderError, match="Panic: lost"):
        made.ask(1, "key").result(10)
    assert made.ask(2, "key").result(10).answer == 2


def test_a_thread_that_cannot_be_begun_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Batcher[int, int] = Batcher([list], Pace(4), 0.0)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        waiting = made.ask(1, "key")
        with pytest.raises(ProviderError, match="can't start new thread"):
            waiting.result(10)
    assert made.ask(2, "key").result(10).answer == 2


def test_one_that_is_closed_answers_what_was_asked_and_lets_go() -> None:
    gate = Gate()
    made: Batcher[int, int] = Batcher([gate], Pace(1), 0.0)
    gate.busy(made)
    last = made.ask(4, "key")
    made.close()
    gate.open.set()
    assert last.result(10).answer == 8
    until = time.monotonic() + 10
    while not made._idle and time.monotonic() < until:
        time.sleep(0.01)
    assert made._idle, "its thread has ended"


def test_on_the_cpu_questions_are_prepared_between_batches_and_few_at_a_time() -> None:
    gate = Gate()
    made: Batcher[int, int] = Batcher([gate], Pace(8), 5.0, cores=2)
    lock, inside, seen = threading.Lock(), 0, []

    def ask(number: int) -> int:
        nonlocal inside
        with made.coming():
            with lock:
                inside += 1
                seen.append((inside, gate.open.is_set()))
            time.sleep(0.001)
            with lock:
                inside -= 1
            future = made.ask(number, "key")
        return future.result(10).answer

    gate.busy(made)
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(ask, number) for number in range(16)]
        time.sleep(0.05)
        assert not seen
        gate.open.set()
        assert [answer.result(10) for answer in answers] == [2 * number for number in range(16)]
    assert max(inside for inside, _ in seen) == 2
    assert [len(batch) for batch in gate.batches] == [1, 8, 8]


def test_who_is_interrupted_while_others_are_prepared_holds_nobody_up() -> None:
    made: Batcher[int, int] = Batcher([Gate()], Pace(4), 30.0, cores=1)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), made.coming():
            raise KeyboardInterrupt
    with made.coming():
        future = made.ask(3, "key")
    assert future.result(5).answer == 6
