"""OpenAI's server: Responses, Chat Completions, Images and Moderations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question
from visionhub.errors import (
    AuthError,
    BudgetError,
    InputError,
    PrivacyError,
    QuotaError,
    RateLimitError,
    RefusedError,
    UnsupportedError,
    VisionError,
)
from visionhub.kit import openai
from visionhub.kit.faults import status_of
from visionhub.providers.openai import generate, moderate
from visionhub.providers.openai.errors import CODES
from visionhub.providers.openai.models import RESPONSES
from visionhub.providers.openai.structured import NAMED
from visionhub.wire import Request

CHAT = "/v1/chat/completions"
# The type and the code of an error's body.
SAID: Mapping[type[VisionError], tuple[str, str | None]] = {
    RefusedError: ("image_generation_user_error", "moderation_blocked"), InputError: ("invalid_request_error", "invalid_image_format"),
    UnsupportedError: ("invalid_request_error", None), AuthError: ("invalid_request_error", "invalid_api_key"),
    QuotaError: ("insufficient_quota", "insufficient_quota"), BudgetError: ("insufficient_quota", "insufficient_quota"),
    RateLimitError: ("requests", "rate_limit_exceeded"), PrivacyError: ("invalid_request_error", None),
}  # fmt: skip
REQUEST_ID = {"x-request-id": "req_visionhub"}


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    read = _PATHS.get(incoming.path)
    return [read(incoming.json())] if read and incoming.method == "POST" else None


def _responses(body: dict[str, Any]) -> Question:
    """The name of the shape that is asked for says which task it is; without one, it is a question in words."""
    shape = (body.get("text") or {}).get("format") or {}
    named = str(shape.get("name", ""))
    if shape.get("type", "text") != "text" and not named.startswith(NAMED):
        raise UnsupportedError(f"Only JSON of the shapes {NAMED}classify, {NAMED}detect and {NAMED}ocr is answered.")
    return Question(named.removeprefix(NAMED) or "caption", Request(RESPONSES, openai.taken(body)))


def _images(body: dict[str, Any]) -> Question:
    if body.get("stream"):
        raise UnsupportedError("The pictures cannot be streamed.", hint="Ask without stream=True.")
    return Question("generate", Request(generate.OPERATION, {**body, "model": body.get("model")}))


def _moderations(body: dict[str, Any]) -> Question:
    asked = body["input"] if isinstance(body["input"], list) else []
    shown = [part for part in asked if isinstance(part, dict) and part["type"] == "image_url"]
    if len(shown) != 1:
        raise InputError(f"The request holds {'several pictures' if shown else 'no picture'}: one is taken at a time.")
    shown[0]["image_url"]["url"] = openai.opened(shown[0]["image_url"]["url"])
    return Question("moderate", Request(moderate.OPERATION, body))


_PATHS: Mapping[str, Callable[[dict[str, Any]], Question]] = {
    "/v1/responses": _responses,
    CHAT: lambda body: _responses(openai.from_chat(body)),
    "/v1/images/generations": _images,
    "/v1/moderations": _moderations,
}


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`."""
    answer = answers[0]
    if isinstance(answer, VisionError):
        return failure(incoming, answer)
    body = openai.to_chat(answer.body) if incoming.path == CHAT else answer.body
    return Outgoing(body, headers=REQUEST_ID)


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`. A code that is OpenAI's own is handed on."""
    del incoming
    kind, code = SAID.get(type(error), ("server_error", None))
    known = CODES.get(error.code or "") is type(error)
    said = {"message": error.message, "type": kind, "param": None, "code": error.code if known else code}
    wait = {} if error.retry_after is None else {"retry-after": f"{error.retry_after:g}"}
    return Outgoing({"error": said}, status_of(error), {**REQUEST_ID, **wait})
