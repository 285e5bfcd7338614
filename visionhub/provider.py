"""A vendor, or this machine, as a handler: its codecs between a call and a wire."""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import Any
from weakref import WeakSet

from visionhub.capability import Capability, Price
from visionhub.codec import Again, Codec
from visionhub.dialect import Dialect
from visionhub.errors import DecodeError, UnsupportedError, VisionError
from visionhub.flow import Flow, Sleep, send
from visionhub.tasks import TASKS, Attempt, Call, Result, Usage
from visionhub.tasks.base import R
from visionhub.wire import Response, Wire

# One for all: connections are made seldom.
_CONNECTING = Lock()
_CONNECTED: WeakSet[Provider] = WeakSet()


@dataclass(frozen=True, eq=False)
class Provider:
    """One provider.

    package   the folder's import name; the modules in it that bear a task word are its codecs, and that *is* its support
    connect   makes the wire at first use, from `options`: those of the settings' `providers`, with the settings' `home`
              (where files may be kept) and `offline`; `models` in them names another model than the usual one, by task word
    model_version   by options and call: which model version answers, as text; by default the call's or the capability's model
    located   by options, task word and model: where pictures go, see `places`; left out, the options do not say
    able      by task word: whether what it needs beyond the usual is installed; left out, it is
    absent    for a task it does not offer, here at least: why, and what would serve it
    prices    USD a call, by task word, instead of the list price
    """

    name: str
    title: str
    package: str
    connect: Callable[[Mapping[str, Any]], Wire]
    is_remote: bool = True
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    model_version: Callable[[Mapping[str, Any], Call[Any]], str] | None = None
    located: Callable[[Mapping[str, Any], str, str | None], tuple[str, ...]] | None = None
    able: Callable[[str], bool] | None = None
    absent: Mapping[str, str] = field(default_factory=dict, repr=False)
    prices: Mapping[str, float] = field(default_factory=dict, repr=False)

    def with_options(self, options: Mapping[str, Any]) -> Provider:
        """The same provider with other settings, and a connection of its own."""
        return replace(self, options=options)

    def with_prices(self, prices: Mapping[str, float]) -> Provider:
        """The same provider at other prices."""
        return replace(self, prices=prices)

    @cached_property
    def offers(self) -> tuple[str, ...]:
        """The task words that it offers where all that it can use is installed."""
        folder = importlib.import_module(self.package).__path__
        names = {module.name for module in pkgutil.iter_modules(folder)}
        return tuple(task for task in TASKS if task in names)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """The task words that it offers here."""
        return tuple(task for task in self.offers if self.able is None or self.able(task))

    @cached_property
    def wire(self) -> Wire:
        """The connection, made once, whoever asks first."""
        with _CONNECTING:
            if "wire" not in self.__dict__:
                self.__dict__["wire"] = self.connect(self.options)
                _CONNECTED.add(self)
            made: Wire = self.__dict__["wire"]
            return made

    @cached_property
    def _codecs(self) -> dict[str, Codec]:
        return {}

    def codec(self, task: str) -> Codec | None:
        """The codec of a task, loaded at first use; None where the task is not offered."""
        if task not in self._codecs and task in self.tasks:
            self._codecs[task] = Codec.of(importlib.import_module(f"{self.package}.{task}"))
        return self._codecs.get(task)

    def capability(self, task: str, model: str | None = None) -> Capability | None:
        """See `Handler`."""
        asked = task, model or self.options.get("models", {}).get(task)
        if asked not in self._capabilities:
            known = None
            if codec := self.codec(task):
                known = codec.capable(asked[1]) if codec.capable else codec.capability
            self._capabilities[asked] = known and self._priced(task, known)
        return self._capabilities[asked]

    def _priced(self, task: str, known: Capability) -> Capability:
        usd = self.prices.get(task)
        if usd is None:
            return known
        price = Price(usd=usd, as_of=datetime.now(UTC).date(), source="the settings")
        return known.model_copy(update={"price": price})

    @cached_property
    def _capabilities(self) -> dict[tuple[str, str | None], Capability | None]:
        return {}

    def version(self, call: Call[Any]) -> str:
        """See `Handler`."""
        if self.model_version and call.task in self.tasks:
            usual = self.options.get("models", {}).get(call.task)
            asked = call if call.model or not usual else call.model_copy(update={"model": usual})
            return f"{self.name}:{self.model_version(self.options, asked)}"
        return f"{self.name}:{self._model(call)}"

    def places(self, call: Call[Any]) -> tuple[str, ...]:
        """See `Located`. What the options imply counts first, then what `data_region` in them says. Opens no connection."""
        asked = call.task, self._model(call)
        if asked not in self._places:
            known = self.located(self.options, *asked) if self.located else ()
            told = str(self.options.get("data_region") or "").strip().casefold()
            self._places[asked] = known or ((told,) if told else ())
        return self._places[asked]

    @cached_property
    def _places(self) -> dict[tuple[str, str | None], tuple[str, ...]]:
        return {}

    def _model(self, call: Call[Any]) -> str | None:
        capability = self.capability(call.task, call.model)
        usual = self.options.get("models", {}).get(call.task) or (capability.model if capability else None)
        return call.model or usual

    @cached_property
    def dialect(self) -> Dialect | None:
        """How its server speaks, or None where the folder does not say."""
        folder = importlib.import_module(self.package).__path__
        if "dialect" not in {module.name for module in pkgutil.iter_modules(folder)}:
            return None
        return Dialect.of(importlib.import_module(f"{self.package}.dialect"))

    def close(self) -> None:
        """See `Handler`."""
        self.__dict__.pop("_places", None)
        wire: Wire | None = self.__dict__.pop("wire", None)
        if wire:
            wire.close()

    def __call__(self, call: Call[R]) -> Flow[R]:
        """Checks, encodes, sends and decodes one call. Every error leaves with provider, task, picture and attempt filled in."""
        started = time.perf_counter()
        picture = next(iter(call.pictures().values()), None)
        try:
            codec, capability = self.codec(call.task), self.capability(call.task, call.model)
            if codec is None or capability is None:
                raise UnsupportedError(f"{self.name} does not {call.task}.", hint=self.absent.get(call.task))
            warnings = capability.check(call, self.name)
            if call.model is None and (model := self.options.get("models", {}).get(call.task)):
                call = call.model_copy(update={"model": model})
            response = yield from _exchange(self.wire, codec, call)
            answer: R = read_answer(codec, response, call)
            known = self._known(answer, call, response, capability)
            result = answer.limited(call)
        except VisionError as error:
            error.locate(source=picture.name if picture else None, provider=self.name, task=call.task)
            error.attempts = (self._failed(started, call, error), *error.attempts)
            raise
        known["warnings"] = (*warnings, *result.warnings)
        took = (time.perf_counter() - started) * 1000
        known["attempts"] = (
            Attempt(provider=self.name, outcome="ok", latency_ms=took, cost_usd=known["usage"].cost_usd),
        )
        return result.model_copy(update=known)

    def _known(self, answer: Result, call: Call[Any], response: Response, capability: Capability) -> dict[str, Any]:
        cost = answer.usage.cost_usd
        if cost is None and answer.usage.units is None:
            # A codec that knows what is billed knows what it costs, or that nobody knows.
            cost = capability.cost(call)
        return {
            "provider": self.name,
            "model": answer.model or response.model or call.model or capability.model,
            "request_id": answer.request_id or response.request_id,
            "usage": Usage(units=answer.usage.units, cost_usd=cost, **(asdict(response.ran) if response.ran else {})),
            "raw": response.body if answer.raw is None else answer.raw,
        }

    def _failed(self, started: float, call: Call[Any], error: VisionError) -> Attempt:
        capability = self.capability(call.task, call.model)
        price = capability.cost(call) if capability else None
        return Attempt(
            provider=self.name,
            outcome="error",
            latency_ms=(time.perf_counter() - started) * 1000,
            cost_usd={True: price, False: 0.0, None: 0.0 if price == 0.0 else None}[error.billed],
            reason=error.reason,
        )


# What an answer of another shape than expected makes a codec raise.
_MISREAD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def read_answer(codec: Codec, response: Response, call: Call[R]) -> R:
    """What a codec makes of an answer. Raises `DecodeError` for one that it does not understand."""
    try:
        answer: R = codec.decode(response, call)  # type: ignore[assignment]  # the codec of the call's task
    except _MISREAD as error:
        raise _misread(response, error) from error
    return answer.named()


def _misread(response: Response, error: Exception) -> DecodeError:
    # Its text is left out: it may quote the answer.
    return DecodeError(
        f"The answer was not understood: {type(error).__name__}.",
        hint="The provider may have changed what it sends. Please report it, with the cause of this error.",
        request_id=response.request_id,
    )


def _exchange(wire: Wire, codec: Codec, call: Call[Any]) -> Flow[Response]:
    response = yield from send(wire, codec.encode(call))
    while again := _followed(codec, response, call):
        if again.seconds:
            yield Sleep(again.seconds)
        earlier = (*response.earlier, response)
        response = replace((yield from send(wire, again.request)), earlier=earlier)
    return response


def _followed(codec: Codec, response: Response, call: Call[Any]) -> Again | None:
    try:
        return codec.follow(response, call) if codec.follow else None
    except _MISREAD as error:
        raise _misread(response, error) from error


def _forget_connections() -> None:
    """A connection shared with the parent would mix both processes' answers."""
    global _CONNECTING  # noqa: PLW0603  # the parent may have held it
    _CONNECTING = Lock()
    for provider in _CONNECTED:
        if wire := provider.__dict__.pop("wire", None):
            _leave(wire)
    _CONNECTED.clear()


def _leave(wire: Wire) -> None:
    """Lets go of something without ever destroying it: to end a model's threads, which only the parent has, would take forever."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(wire))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_connections)
