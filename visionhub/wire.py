"""What carries an encoded request to a provider and its answer back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from visionhub.errors import VisionError


@dataclass(frozen=True, slots=True)
class Request:
    """One request in a provider's own terms.

    `operation` names what is asked for (a path, an RPC, a local pipeline), `body` is the provider's documented JSON with
    pictures as raw bytes (or as `Image`, for a provider on this machine).
    """

    operation: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a model on this machine was really run: `device` (`cpu`, `cuda:0`), `precision` of its numbers (`fp32`, `bf16`, `int8`).

    `batch` counts the questions that were answered together with this one, itself included; `queue_ms` is how long it waited for its
    turn, `compute_ms` how long its batch took.
    """

    device: str
    precision: str
    batch: int = 1
    queue_ms: float | None = None
    compute_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer in a provider's own terms. `model` and `ran` are filled where the wire knows them.

    `earlier` are the answers of the requests before, where a codec's `follow` made several.
    """

    body: Any
    status: int | None = None
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    ran: Ran | None = None
    earlier: tuple[Response, ...] = ()


class Wire(Protocol):
    """A connection to one provider. Used by many threads and tasks at once; raises nothing but `VisionError`.

    `timeout` is in seconds and holds for the whole exchange; past it a wire raises `TimeoutError`.
    """

    def send(self, request: Request, timeout: float | None) -> Response:
        """Carries a request, blocking."""
        ...

    def close(self) -> None:
        """Gives back connections or models. A closed wire is not used again: the provider makes another."""


class CheckedWire(Wire, Protocol):
    """A wire that can find out, without a billed call, whether its provider would answer."""

    def check(self, timeout: float) -> str:
        """What was found to be well, in a few words: credentials, region. Raises `VisionError` for what is not."""
        ...


class BatchWire(Wire, Protocol):
    """A wire whose provider answers several questions in one request: about several pictures, or several about one.

    `split(send(merge([request])), [request])` is one answer.
    """

    def fitting(self, requests: Sequence[Request]) -> int:
        """How many of these, from the first on, may go out as one: at least 1."""
        ...

    def merge(self, requests: Sequence[Request]) -> Request:
        """Requests of the same operation as one."""
        ...

    def split(self, response: Response, requests: Sequence[Request]) -> Sequence[Response | VisionError]:
        """The answer to each of the requests that were merged, in order, or the error of that one alone."""
        ...


class AsyncWire(Wire, Protocol):
    """A wire that can also be awaited. One that cannot is used in a worker thread by async code."""

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """Carries a request without blocking the event loop."""
        ...
