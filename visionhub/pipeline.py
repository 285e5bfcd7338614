"""From a call to the flow that answers it: who is asked, and the order of the layers.

trace       request id, latency, one line in the log
deadline    one clock for everything below                 only if there is a time limit
open        the pictures are read
fallback    the next provider, when one fails              only if there are several
  cache     an equal call is answered at once              from here on: for each provider
  retry     again, a little later
  privacy   metadata is stripped                           only if the provider is remote
  fit       the picture is made acceptable
  provider  checks, encodes, sends, decodes
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import TypeAlias

from visionhub import registry
from visionhub.config import Settings
from visionhub.errors import ConfigError, UnsupportedError, VisionError
from visionhub.flow import Flow, arun, run
from visionhub.handler import Handler, Layer, Layered, stack
from visionhub.layers.cache import Cache, DiskStore, MemoryStore
from visionhub.layers.deadline import Deadline
from visionhub.layers.fit import Fit
from visionhub.layers.open import Open
from visionhub.layers.privacy import Privacy
from visionhub.layers.retry import Retry
from visionhub.layers.trace import Trace
from visionhub.routers.fallback import Fallback
from visionhub.tasks import TASKS, Call
from visionhub.tasks.base import R
from visionhub.together import together

Asked: TypeAlias = str | Handler | Sequence[str | Handler] | None
"""Who is to answer: a provider's name, any handler, or several of either, of whom the next is asked when one fails."""


class Pipeline:
    """See the module. `provider` is asked when a call names none; left out, the settings say who."""

    def __init__(self, provider: Asked, settings: Settings) -> None:
        self.settings = settings
        self._provider = provider
        self._trace = Trace()
        self._providers: dict[str, Handler] = {}
        self._caches: dict[Handler, tuple[Cache, ...]] = {}
        self._laying = RLock()
        self._routes: dict[tuple[str | Handler, ...], Handler] = {}

    def flow(self, call: Call[R], provider: Asked = None, timeout: float | None = None) -> Flow[R]:
        """The flow that answers the call, within `timeout` seconds or those of the settings."""
        seconds = self.settings.timeout if timeout is None else timeout
        route = self.route(provider)
        return self._trace.handle(call, route if seconds is None else Layered(Deadline(seconds), route))

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
        capability = self.route(provider).capability(call.task)
        return capability.batch if capability else 1

    def concurrency(self, provider: Asked) -> int:
        """How many requests are best under way at a time: fewer where each holds many pictures."""
        route = self.route(provider)
        if not route.is_remote:
            return os.cpu_count() or 1
        largest = max(known.batch for task in TASKS if (known := route.capability(task)))
        return max(2, 16 // largest)

    def route(self, provider: Asked = None) -> Handler:
        """What answers calls for `provider`, from the reading of pictures on. Raises `ConfigError`."""
        if not provider:
            return self._usual
        names = (provider,) if isinstance(provider, str) or not isinstance(provider, Sequence) else tuple(provider)
        if names not in self._routes:
            with self._laying:
                self._routes[names] = self._laid(names)
        return self._routes[names]

    @cached_property
    def _usual(self) -> Handler:
        return self.route(self._provider or self.settings.provider)

    def provider(self, name: str) -> Handler:
        """A provider with these settings, bare."""
        if name not in self._providers:
            self._providers[name] = registry.get(name).with_options(self.settings.options(name))
        return self._providers[name]

    def estimate(self, call: Call[R], provider: Asked = None) -> float | None:
        """See `Hub.estimate`."""
        route = self.route(provider)
        capability = route.capability(call.task)
        if capability is None:
            raise UnsupportedError(f"{route.name} does not {call.task}.", provider=route.name, task=call.task)
        return capability.cost(call)

    def close(self) -> None:
        """Gives back connections and models. Everything can be used again."""
        for handler in self._caches:
            handler.close()

    def _laid(self, names: Sequence[str | Handler]) -> Handler:
        # Layers stand around each provider, since each has its own limits: a router that is given is taken apart.
        handlers = [
            handler
            for name in names
            for asked in [self.provider(name) if isinstance(name, str) else name]
            for handler in (asked.handlers if isinstance(asked, Fallback) else (asked,))
        ]
        allowed = [handler for handler in handlers if not (self.settings.offline and handler.is_remote)]
        if not allowed:
            raise ConfigError(
                f"visionhub is offline, and {' and '.join(handler.name for handler in handlers)} would need the network.",
                hint="Use the provider local, or turn `offline` off.",
            )
        # The cache stands inside the router: its key holds the provider and the model that answer.
        stacked = [stack(self._each(handler), handler) for handler in allowed]
        return stack((Open(self.settings.limits),), stacked[0] if len(stacked) == 1 else Fallback(stacked))

    def _each(self, handler: Handler) -> tuple[Layer, ...]:
        privacy = (Privacy(),) if handler.is_remote else ()
        # A cache of its own, since names are not unique; on disk, they have to be.
        cache = self._caches.setdefault(handler, _cache(self.settings))
        return (*cache, Retry(self.settings.attempts), *privacy, Fit())


def _cache(settings: Settings) -> tuple[Cache, ...]:
    match settings.cache:
        case "memory":
            return (Cache(MemoryStore()),)
        case "disk":
            return (Cache(DiskStore(settings.home / "answers")),)
        case "off":
            return ()
