"""The one interface of everything that answers calls, and how it is wrapped.

A provider is a handler; a `Layer` wraps one handler; a router combines several. All of them look the same from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, cast

from visionhub.capability import Capability
from visionhub.flow import Flow
from visionhub.tasks import Call
from visionhub.tasks.base import R


class Handler(Protocol):
    """Answers calls."""

    @property
    def name(self) -> str:
        """Of the provider, or of what the handler is made of."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether pictures leave this machine."""
        ...

    def capability(self, task: str, model: str | None = None) -> Capability | None:
        """What is offered for a task word, or None; by another model than the usual one, if it is named."""
        ...

    def version(self, call: Call[Any]) -> str:
        """Which model would answer: answers of equal calls under equal versions are equal. Part of the cache's key."""
        ...

    def close(self) -> None:
        """Gives back connections and models. The handler can be used again."""
        ...

    def __call__(self, call: Call[R]) -> Flow[R]:
        """The flow that answers the call."""
        ...


class Located(Handler, Protocol):
    """A remote handler that knows where pictures go."""

    def places(self, call: Call[Any]) -> tuple[str, ...]:
        """The names of the place that the call's pictures are sent to, widest first (`eu`, `eu-west-1`); none if it is not known."""
        ...


class Layer(Protocol):
    """One matter that concerns every call: `handle` does something before and after `inner(call)`, or instead of it."""

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """The flow that answers the call, usually by `yield from inner(call)`."""
        ...


class VersionedLayer(Layer, Protocol):
    """A layer that changes what answers mean, so that answers with and without it are never taken for each other."""

    def version(self, call: Call[Any], inner: Handler) -> str:
        """See `Handler.version`: the inner one's, and what the layer makes of it."""
        ...


@dataclass(frozen=True, eq=False)
class Layered:
    """A handler inside a layer."""

    layer: Layer
    inner: Handler

    @cached_property
    def innermost(self) -> Handler:
        """What is inside all layers. Looked up once: a dozen of them ask it several times a call."""
        return self.inner.innermost if isinstance(self.inner, Layered) else self.inner

    @cached_property
    def is_versioned(self) -> bool:
        """Whether a layer in here is a `VersionedLayer`."""
        return hasattr(self.layer, "version") or (isinstance(self.inner, Layered) and self.inner.is_versioned)

    @property
    def name(self) -> str:
        """The innermost one's."""
        return self.innermost.name

    @property
    def is_remote(self) -> bool:
        """The innermost one's."""
        return self.innermost.is_remote

    def capability(self, task: str, model: str | None = None) -> Capability | None:
        """The innermost one's."""
        return self.innermost.capability(task, model)

    def version(self, call: Call[Any]) -> str:
        """The inner one's, or what the layer makes of it (`VersionedLayer`)."""
        if not self.is_versioned:
            return self.innermost.version(call)
        if hasattr(self.layer, "version"):
            return cast("VersionedLayer", self.layer).version(call, self.inner)
        return self.inner.version(call)

    def places(self, call: Call[Any]) -> tuple[str, ...]:
        """The inner one's."""
        return cast("Located", self.inner).places(call) if hasattr(self.inner, "places") else ()

    def close(self) -> None:
        """The inner one's."""
        self.inner.close()

    def __call__(self, call: Call[R]) -> Flow[R]:
        """The layer's flow."""
        return self.layer.handle(call, self.inner)


def stack(layers: Iterable[Layer], handler: Handler) -> Handler:
    """`handler` inside `layers`, the first of them outermost."""
    for layer in reversed(tuple(layers)):
        handler = Layered(layer, handler)
    return handler
