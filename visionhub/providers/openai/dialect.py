"""OpenAI's server: Responses, Chat Completions, Images and Moderations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import InputError, QuotaError, RateLimitError, RefusedError, VisionError
from visionhub.faults import status_of
from visionhub.protocols import openai
from visionhub.wire import Request

CHAT = "/v1/chat/completions"
CODES: Mapping[type[VisionError], tuple[str, str | None]] = {
    RefusedError: ("image_generation_user_error", "moderation_blocked"), InputError: ("invalid_request_error", "invalid_image_format"),
    QuotaError: ("insufficient_quota", "insufficient_quota"), RateLimitError: ("requests", "rate_limit_exceeded"),
}  # fmt: skip
ASKED = "visionhub_"


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    read = _PATHS.get(incoming.path)
    return [read(incoming.json())] if read and incoming.method == "POST" else None


def _responses(body: dict[str, Any]) -> Question:
    """The name of the shape that is asked for says which task it is; without one, it is a question in words."""
    turn = body["input"][-1]
    for part in turn["content"]:
        if part["type"] == "input_image":
            part["image_url"] = picture(part.get("image_url"))
    named = str(body.get("text", {}).get("format", {}).get("name", ""))
    task = named.removeprefix(ASKED) if named.startswith(ASKED) else "caption"
    return Question(task, Request("/responses", body))


def _images(body: dict[str, Any]) -> Question:
    return Question("generate", Request("/images/generations", {"model": "gpt-image-2", **body}))


def _moderations(body: dict[str, Any]) -> Question:
    for part in body["input"]:
        if part["type"] == "image_url":
            part["image_url"]["url"] = picture(part["image_url"]["url"])
    return Question("moderate", Request("/moderations", body))


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
    return Outgoing(body, headers={"x-request-id": "req_visionhub"})


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`."""
    del incoming
    kind, code = CODES.get(type(error), ("server_error", None))
    said = {"error": {"message": error.message, "type": kind, "param": None, "code": code}}
    return Outgoing(said, status_of(error), {"x-request-id": "req_visionhub"})
