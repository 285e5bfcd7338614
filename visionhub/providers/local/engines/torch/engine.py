"""Questions to PyTorch models: loaded once, kept within a memory budget, answered in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock, local
from typing import Any, Protocol

import torch

from visionhub.errors import TimeoutError, VisionError
from visionhub.providers.local.engines.torch.batcher import Answered, Batcher, failure
from visionhub.providers.local.engines.torch.device import Place, places
from visionhub.providers.local.engines.torch.ending import ENDING
from visionhub.providers.local.engines.torch.pace import Pace
from visionhub.providers.local.engines.torch.shelf import Shelf
from visionhub.providers.local.engines.torch.tune import footprint

Answer = dict[str, Any]
Placed = tuple[Answer, Place]
# On a GPU a batch of 64 is about as fast a picture as any larger one; on the CPU more than a few only wait for each other.
MOST = {"cpu": 8, "cuda": 64}
# On the CPU a picture takes longer, both to decode and to answer.
WAIT = {"cpu": 0.05}
SHARE = {"cpu": 0.5, "cuda": 0.8}


class Task(Protocol):
    """A model that is loaded on one device, and what it is asked for."""

    @property
    def modules(self) -> Sequence[torch.nn.Module]:
        """What holds its weights."""
        ...

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """A question, prepared in the caller's thread; questions of equal keys are answered together.

        `body["is_wanted"]()` says at any time whether somebody still waits for the answer.
        """
        ...

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer | VisionError]:
        """The answers, one each, as plain data."""
        ...


class Source(Protocol):
    """Where a model comes from."""

    @property
    def name(self) -> str:
        """As the caller calls it."""
        ...

    @property
    def key(self) -> Hashable:
        """Models of equal keys are the same."""
        ...

    @property
    def bytes(self) -> int:
        """Of its weights on disk, where they may be held in another precision than in memory."""
        ...

    def load(self, place: Place) -> Task:
        """The model on a device. Raises `ConfigError` for one that cannot be used."""
        ...


class Asked:
    """A question on its way."""

    def __init__(self) -> None:
        self.answered: Future[Answered[Placed]] | None = None
        self._is_given_up = False

    def give_up(self) -> None:
        """Nobody waits for the answer any more: if the model has not begun with it, it need not; one that takes steps may stop."""
        self._is_given_up = True
        if self.answered:
            self.answered.cancel()

    def is_wanted(self, until: float | None) -> bool:
        """Whether somebody still waits for the answer."""
        return not (self._is_given_up or ENDING.is_near) and (until is None or time.monotonic() < until)

    def check(self, until: float | None) -> None:
        """Raises `TimeoutError` if nobody waits for the answer any more."""
        if not self.is_wanted(until):
            raise TimeoutError("The time limit passed before the model's turn came.", hint="Allow more time.")


@dataclass(frozen=True)
class Engine:
    """The models of one wire.

    device      see `places`; several names make copies on several devices, among which questions are shared out
    precision   see `Place`; None: fp32 on the CPU, bf16 or fp16 on a GPU
    memory      bytes for all models together; None: half of the machine's, or four fifths of the smallest GPU's
    most        pictures in a batch; None: on the CPU as many as prove fastest, up to 8; on a GPU 64
    wait        seconds that a batch waits at most for questions that are being prepared; None: 0.005, on the CPU 0.05
    compile     whether models are compiled (`torch.compile`), which takes minutes at first
    exact_jpeg  see `Place`
    """

    device: str | Sequence[str] | None = None
    precision: str | None = None
    memory: int | None = None
    most: int | None = None
    wait: float | None = None
    compile: bool = False
    exact_jpeg: bool = False
    _making: RLock = field(default_factory=RLock, init=False, repr=False, compare=False)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where models are put."""
        return places(self.device, self.precision, exact_jpeg=self.exact_jpeg)

    @property
    def shelf(self) -> Shelf[_Loaded]:
        """The models."""
        # A cached property is made by each of several threads that come first.
        with self._making:
            return self._shelf

    @cached_property
    def _shelf(self) -> Shelf[_Loaded]:
        return Shelf(self.memory or _memory(self.places))

    def submit(
        self, source: Source, body: Mapping[str, Any], until: float | None, asked: Asked
    ) -> Future[Answered[Placed]]:
        """Asks; the model is loaded, the picture decoded in this thread. Raises `VisionError`."""
        asked.check(until)
        shelf = self.shelf
        loaded = shelf.take(source.key, lambda: source.bytes * len(self.places), lambda: self._load(source))
        try:
            with loaded.batcher.coming():
                asked.check(until)
                key, question = loaded.tasks[0].ask({**body, "is_wanted": lambda: asked.is_wanted(until)})
                asked.check(until)
                answered = asked.answered = loaded.batcher.ask(question, key, until)
        except BaseException as error:
            shelf.give_back(source.key, loaded)
            if isinstance(error, VisionError) or not isinstance(error, Exception):
                raise
            raise failure(error) from error
        answered.add_done_callback(lambda _: shelf.give_back(source.key, loaded))
        return answered

    def _load(self, source: Source) -> _Loaded:
        with ENDING.at_work():
            tasks = [source.load(place) for place in self.places]
            for place in self.places:
                place.settle()
        if self.compile:
            for task in tasks:
                for module in task.modules:
                    module.compile()
        # While one batch is computed, the next is uploaded.
        at_once = 2 if self.places[0].is_cuda else 1
        workers = [
            worker
            for task, place in zip(tasks, self.places, strict=True)
            for worker in [_worker(task, place)] * at_once
        ]
        place = self.places[0]
        pace = Pace(self.most or MOST.get(place.device.type, 16), learns=self.most is None and place.is_cpu)
        wait = WAIT.get(place.device.type, 0.005) if self.wait is None else self.wait
        cores = torch.get_num_threads() if place.is_cpu else None
        return _Loaded(tasks, Batcher(workers, pace, wait, cores))

    def close(self) -> None:
        """Forgets the models."""
        if "_shelf" in self.__dict__:
            self.shelf.clear()


@dataclass(frozen=True, eq=False)
class _Loaded:
    tasks: Sequence[Task]
    batcher: Batcher[Any, Placed]

    @property
    def bytes(self) -> int:
        return sum(footprint(module) for task in self.tasks for module in task.modules)

    def close(self) -> None:
        """See `Sized`."""
        self.batcher.close()


def _worker(task: Task, place: Place) -> Callable[[Sequence[Any]], Sequence[Placed | VisionError]]:
    def answer(questions: Sequence[Any]) -> Sequence[Placed | VisionError]:
        with torch.inference_mode(), _own_stream(place):
            answers = task.answer(questions)
        return [one if isinstance(one, VisionError) else (one, place) for one in answers]

    return answer


@contextmanager
def _own_stream(place: Place) -> Iterator[None]:
    """On a GPU, a stream of its own for each thread: what one uploads does not wait for what another computes."""
    if not place.is_cuda:
        yield
        return
    with torch.cuda.device(place.device), torch.cuda.stream(_stream(place.device)):
        yield


_streams = local()


def _stream(device: torch.device) -> torch.cuda.Stream:
    known: dict[torch.device, torch.cuda.Stream] = _streams.__dict__.setdefault("known", {})
    if device not in known:
        known[device] = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return known[device]


def _memory(known: Sequence[Place]) -> int:
    if cards := [place.device for place in known if place.is_cuda]:
        return int(SHARE["cuda"] * min(torch.cuda.mem_get_info(device)[1] for device in cards) * len(known))
    import os

    return int(SHARE["cpu"] * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
