"""The one interface of everything that answers calls, and how it is wrapped.

A provider is a handler; a `Layer` wraps one handler; a router combines several. All of them look the same from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

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

    def capability(self, task: str) -> Capability | None:
        """What is offered for a task word, or None."""
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


class Layer(Protocol):
    """One matter that concerns every call: `handle` does something before and after `inner(call)`, or instead of it."""

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """The flow that answers the call, usually by `yield from inner(call)`."""
        ...


@dataclass(frozen=True, eq=False)
class Layered:
    """A handler inside a layer."""

    layer: Layer
    inner: Handler

    @property
    def name(self) -> str:
        """The inner one's."""
        return self.inner.name

    @property
    def is_remote(self) -> bool:
        """The inner one's."""
        return self.inner.is_remote

    def capability(self, task: str) -> Capability | None:
        """The inner one's."""
        return self.inner.capability(task)

    def version(self, call: Call[Any]) -> str:
        """The inner one's."""
        return self.inner.version(call)

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
