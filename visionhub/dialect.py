"""A provider's dialect as its server speaks it over HTTP: what the gateway needs besides the codecs.

A vendor folder's `dialect.py` holds, under fixed names,

    questions(incoming)            Incoming -> the questions in it, or None: not a request in this dialect
    reply(incoming, answers)       one answer or error a question, in order -> Outgoing
    failure(incoming, error)       the vendor's own body and status for an error of the whole request -> Outgoing

and is as pure as a codec. `questions` raises `VisionError` for a request in this dialect that makes no sense.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeAlias

from visionhub.errors import ConfigError, InputError, VisionError
from visionhub.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request, as it came. Names of `headers` are lower case; `query` holds the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `InputError`."""
        try:
            body = json.loads(self.content)
        except ValueError as error:
            raise InputError("The request's body is no JSON.") from error
        if not isinstance(body, dict):
            raise InputError("The request's body is no JSON object.")
        return body


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One HTTP answer: `body` is sent as JSON, raw bytes in it as base64."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a request: the task word, and the request that this task's codec parses (pictures as raw bytes)."""

    task: str
    request: Request


Answer: TypeAlias = Response | VisionError


@dataclass(frozen=True, slots=True)
class Dialect:
    """See the module."""

    questions: Callable[[Incoming], Sequence[Question] | None]
    reply: Callable[[Incoming, Sequence[Answer]], Outgoing]
    failure: Callable[[Incoming, VisionError], Outgoing]

    @classmethod
    def of(cls, module: ModuleType) -> Dialect:
        """Reads a dialect module. Raises `ConfigError` if it is incomplete."""
        found = {name: getattr(module, name, None) for name in ("questions", "reply", "failure")}
        if missing := [name for name, function in found.items() if function is None]:
            raise ConfigError(f"The dialect {module.__name__} is incomplete: it lacks {' and '.join(missing)}.")
        return cls(**found)  # type: ignore[arg-type]  # they were just found


def picture(value: Any) -> bytes:
    """The bytes of a base64 text, with or without `data:…;base64,` before it. Raises `InputError`."""
    if not isinstance(value, str):
        raise InputError("The request holds no picture.")
    try:
        return b64decode(value.partition(";base64,")[2] if value.startswith("data:") else value, validate=True)
    except ValueError as error:
        raise InputError("The request's picture is no valid base64.") from error
