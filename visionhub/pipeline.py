"""From a call to the flow that answers it: who is asked, and the order of the layers.

telemetry    spans and metrics                              only if it is set, and then around the provider too
trace        request id, latency, cost, one line in the log
deadline     one clock for everything below                 only if there is a time limit
open         the pictures are read
router       one provider or several, by the route          only if there are several
  meter      counts                                         from here on: for each provider
  admit      may it be asked at all?
  calibrate  scores in a common scale                       only if a curve is set
  cache      an equal call is answered at once
  retry      again, a little later
  breaker    not while it is down                           only if the provider is remote
  privacy    metadata is stripped, what is private hidden   only if the provider is remote
  fit        the picture is made acceptable
  ratelimit  no faster than it allows                       only if the provider is remote
  concurrency, patience, budget                             only if they are set
  provider   checks, encodes, sends, decodes
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import RLock
from typing import Any, TypeAlias

from visionhub import registry
from visionhub.config import Route, Settings
from visionhub.errors import ConfigError, UnsupportedError, VisionError
from visionhub.flow import Flow, arun, run
from visionhub.handler import Handler, Layer, Layered, stack
from visionhub.layers.admit import Admit
from visionhub.layers.breaker import Breaker
from visionhub.layers.budget import Budget
from visionhub.layers.cache import Cache
from visionhub.layers.calibrate import Calibrate
from visionhub.layers.concurrency import Concurrency
from visionhub.layers.deadline import Deadline, Patience
from visionhub.layers.fit import Fit
from visionhub.layers.meter import Meter
from visionhub.layers.open import Open
from visionhub.layers.privacy import Privacy
from visionhub.layers.ratelimit import RateLimit
from visionhub.layers.retry import Retry
from visionhub.layers.telemetry import Telemetry
from visionhub.layers.trace import Trace
from visionhub.ledger import Ledger, ledger
from visionhub.privacy import PrivacyPolicy
from visionhub.provider import Provider
from visionhub.routers.fallback import Fallback
from visionhub.routers.router import Router, price
from visionhub.stores import DiskStore, MemoryStore, RedisStore, Store
from visionhub.tasks import TASKS, Call
from visionhub.tasks.base import R
from visionhub.together import together

Asked: TypeAlias = str | Handler | Sequence[str | Handler] | None
"""Who is to answer: a provider's or a route's name, any handler, or several of these, of whom the next is asked when one fails."""


class Pipeline:
    """See the module. `provider` is asked when a call names none; left out, the settings say who."""

    def __init__(self, provider: Asked, settings: Settings) -> None:
        self.settings = settings
        self._provider = provider
        self._trace = Trace()
        self._telemetry = Telemetry() if settings.telemetry else None
        self._providers: dict[str, Handler] = {}
        self._own: dict[Handler, _Own] = {}
        self._laying = RLock()
        self._routes: dict[tuple[str | Handler, ...], Handler] = {}
        self._usual: dict[str, Handler] = {}
        self._routers: dict[str, Router] = {}

    def flow(self, call: Call[R], provider: Asked = None, timeout: float | None = None) -> Flow[R]:
        """The flow that answers the call, within `timeout` seconds or those of the settings."""
        seconds = self.settings.timeout if timeout is None else timeout
        route = self.route(provider, call.task)
        bounded = route if seconds is None else Layered(Deadline(seconds), route)
        if self._telemetry:
            return self._telemetry.handle(call, Layered(self._trace, bounded))
        return self._trace.handle(call, bounded)

    def run(self, call: Call[R], provider: Asked = None, timeout: float | None = None) -> R:
        """The answer, waited for."""
        return run(self.flow(call, provider, timeout))

    async def arun(self, call: Call[R], provider: Asked = None, timeout: float | None = None) -> R:
        """The answer, awaited."""
        return await arun(self.flow(call, provider, timeout))

    def outcomes(
        self, calls: Sequence[Call[R]], provider: Asked, timeout: float | None, at_once: int = 1
    ) -> list[R | VisionError]:
        """Each call's answer or error, in as few requests as the providers allow, `at_once` of them at the same time."""
        return run(together([self.flow(call, provider, timeout) for call in calls], at_once))

    async def aoutcomes(
        self, calls: Sequence[Call[R]], provider: Asked, timeout: float | None, at_once: int = 1
    ) -> list[R | VisionError]:
        """`outcomes`, awaited."""
        return await arun(together([self.flow(call, provider, timeout) for call in calls], at_once))

    def batch(self, call: Call[R], provider: Asked) -> int:
        """How many calls like this one may go out as one."""
        capability = self.route(provider, call.task).capability(call.task, call.model)
        return capability.batch if capability else 1

    def concurrency(self, provider: Asked, call: Call[Any]) -> int:
        """How many requests like this one are best under way at a time: fewer where each holds many pictures."""
        routes = [self.route(provider), *(self.route(provider, task) for task in TASKS if task in self.settings.routes)]
        if not any(route.is_remote for route in routes):
            known = self.route(provider, call.task).capability(call.task, call.model)
            return max(os.cpu_count() or 1, (known and known.at_once) or 1)
        largest = max(known.batch for route in routes for task in TASKS if (known := route.capability(task)))
        return max(2, 16 // largest)

    def route(self, provider: Asked = None, task: str = "") -> Handler:
        """What answers calls of a task for `provider`, from the reading of pictures on. Raises `ConfigError`."""
        asked = provider or self._provider
        if not asked:
            return self._usual.get(task) or self._usual.setdefault(task, self._route(self._named_for(task)))
        return self._route((asked,) if isinstance(asked, str) or not isinstance(asked, Sequence) else tuple(asked))

    def provider(self, name: str) -> Handler:
        """A provider with these settings, bare; `openai:gpt-5-mini` is one with another of its models for every task."""
        if name not in self._providers:
            known, _, model = name.partition(":")
            found, limits = self._registered(known), self.settings.of(known)
            options = self.settings.options(known)
            if model:
                options["models"] = dict.fromkeys(TASKS, model)
            if limits.timeout and found.is_remote:
                options["timeout"] = limits.timeout
            made = found.with_options(options)
            prices = limits.price
            self._providers[name] = made.with_prices(prices) if prices else made
        return self._providers[name]

    def estimate(self, call: Call[R], provider: Asked = None) -> float | None:
        """See `Hub.estimate`."""
        route = self.route(provider, call.task)
        if route.capability(call.task, call.model) is None:
            raise UnsupportedError(f"{route.name} does not {call.task}.", provider=route.name, task=call.task)
        return price(route, call)

    def status(self) -> dict[str, Any]:
        """See `Hub.status`."""
        budget = {"budget": self._budget[0].status()} if self._budget else {}
        return {
            "providers": {own.name: own.status() for own in list(self._own.values())},
            "routes": {name: known for name, router in self._routers.items() if (known := router.status())},
            **budget,
        }

    def close(self) -> None:
        """Gives back connections and models. Everything can be used again."""
        # Those that look before a picture leaves are asked by no route.
        for handler in dict.fromkeys((*self._own, *self._providers.values())):
            handler.close()

    def _named_for(self, task: str) -> tuple[str, ...]:
        routes = self.settings.routes
        return next(((name,) for name in (task, "default") if name in routes), self.settings.provider)

    def _route(self, names: tuple[str | Handler, ...]) -> Handler:
        if names not in self._routes:
            with self._laying:
                if names not in self._routes:
                    self._routes[names] = self._laid(names)
        return self._routes[names]

    def _laid(self, names: Sequence[str | Handler]) -> Handler:
        handlers = [self._dressed(name, _Way()) for name in names]
        route = handlers[0] if len(handlers) == 1 else Fallback(handlers)
        if self.settings.offline and not any(_is_local(handler) for handler in handlers):
            raise ConfigError(
                f"visionhub is offline, and {' and '.join(handler.name for handler in handlers)} would need the network.",
                hint="Use the provider local, or turn `offline` off.",
            )
        return stack((Open(self.settings.limits),), route)

    def _dressed(self, asked: str | Handler, way: _Way) -> Handler:
        """One that may answer, in its layers. They stand around each provider, since each has its own limits: routers are taken apart."""
        if isinstance(asked, Router):
            return asked.over([self._dressed(handler, way) for handler in asked.handlers])
        if not isinstance(asked, str):
            return self._layered(asked, asked.name, way)
        if asked not in self.settings.routes:
            return self._layered(self.provider(asked), asked, way)
        if asked in way.names:
            raise ConfigError(f"The route {asked} leads back to itself: {' → '.join((*way.names, asked))}.")
        route = self.settings.routes[asked]
        if route.privacy and asked in TASKS:
            route.privacy.check(asked)
        further = way.through(asked, route)
        handlers = [self._dressed(name, further) for name in route.use]
        made = self._routers[asked] = route.router(handlers)
        return made

    def _layered(self, handler: Handler, name: str, way: _Way) -> Handler:
        own = self._own.get(handler) or self._own.setdefault(handler, self._owned(handler, name))
        # Cache, retry and breaker stand outside: an answer about a masked picture has another version, and is not another provider's.
        guards = [
            Privacy(policy, self._eyes if policy.needs_eyes else None) for policy in way.policies or (PrivacyPolicy(),)
        ]
        privacy = guards if handler.is_remote else []
        admit = Admit(way.require, way.policies, self.settings.offline)
        return stack((own.meter, admit, *own.outer, *privacy, Fit(), *own.inner), handler)

    @cached_property
    def _eyes(self) -> Handler:
        """Finds what may not leave, once for all who are asked."""
        return Layered(Cache(MemoryStore()), self.provider("local"))

    def _owned(self, handler: Handler, name: str) -> _Own:
        """The layers that remember something of a provider: all routes share them."""
        known = self.settings.of(name.partition(":")[0])
        retry = (
            Retry(known.retry.attempts, longest=known.retry.longest) if known.retry else Retry(self.settings.attempts)
        )
        # A cache of its own, since names are not unique; on disk, they have to be.
        store = _store(self.settings)
        calibrate = (Calibrate(known.calibration),) if known.calibration else ()
        outer: tuple[Layer, ...] = (*calibrate, *((Cache(store),) if store else ()), retry)
        inner: tuple[Layer, ...] = (Concurrency(known.concurrency),) if known.concurrency else ()
        if known.timeout:
            inner = (*inner, Patience(known.timeout))
        if handler.is_remote:
            outer = (*outer, Breaker())
            inner = (RateLimit(known.rate), *inner, *self._budget)
        if self._telemetry:
            inner = (*inner, self._telemetry.attempted)
        return _Own(name, Meter(), outer, inner)

    @cached_property
    def _budget(self) -> tuple[Budget, ...]:
        limits = self.settings.budget
        if not limits.is_set:
            return ()
        return (Budget(self.ledger, limits.daily_usd, limits.monthly_usd, limits.per_call_usd, limits.assumed_usd),)

    @cached_property
    def ledger(self) -> Ledger:
        """Where spending is booked."""
        return ledger(self.settings.budget.store or self.settings.home / "budget.sqlite")

    def _registered(self, name: str) -> Provider:
        try:
            return registry.get(name)
        except ConfigError as error:
            if near := difflib.get_close_matches(name, self.settings.routes, 1):
                error.hint = f"Did you mean the route {near[0]}?"
            raise


@dataclass(frozen=True)
class _Way:
    """Through which routes a provider is reached, and what they demand of it."""

    names: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    policies: tuple[PrivacyPolicy, ...] = ()

    def through(self, name: str, route: Route) -> _Way:
        policies = (*self.policies, *filter(None, [route.privacy]))
        return _Way((*self.names, name), (*self.require, *route.require), policies)


@dataclass(frozen=True)
class _Own:
    """A provider's own layers: outside and inside of those that change the picture."""

    name: str
    meter: Meter
    outer: tuple[Layer, ...]
    inner: tuple[Layer, ...]

    def status(self) -> dict[str, Any]:
        told = {"tasks": self.meter.status()}
        for layer in (*self.outer, *self.inner):
            if status := getattr(layer, "status", None):
                told[type(layer).__name__.lower()] = status()
        return told


def _is_local(handler: Handler) -> bool:
    """Whether somebody in there needs no network."""
    return any(map(_is_local, handler.handlers)) if isinstance(handler, Router) else not handler.is_remote


def _store(settings: Settings) -> Store | None:
    match settings.cache:
        case "memory":
            return MemoryStore()
        case "disk":
            return DiskStore(settings.home / "answers")
        case "off":
            return None
        case url:
            return RedisStore(url)
