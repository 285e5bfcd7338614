"""`generateContent`: what captions and new pictures share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from visionhub.capability import TokenPrice
from visionhub.errors import DecodeError
from visionhub.providers.google.errors import refused
from visionhub.tasks import Usage
from visionhub.wire import Request, Response

VERB = ":generateContent"
DOCS = "https://ai.google.dev/api/generate-content"
# Why there is no answer: https://ai.google.dev/api/generate-content#FinishReason
REFUSALS = {
    "SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION", "IMAGE_RECITATION", "SPII",
    "MODEL_ARMOR", "JAILBREAK",
}  # fmt: skip
_SOURCE = "https://ai.google.dev/gemini-api/docs/pricing"
# Output of these is counted in the tokens of pictures.
PRICES: Mapping[str, TokenPrice] = {
    "gemini-3.1-flash-image": TokenPrice(
        input_usd=0.5, output_usd=60, as_of=date(2026, 8, 1), source=_SOURCE, sure=False
    ),
    "gemini-3-pro-image": TokenPrice(input_usd=2, output_usd=120, as_of=date(2026, 2, 1), source=_SOURCE, sure=False),
}


def request(model: str, parts: Sequence[Mapping[str, Any]], extra: Mapping[str, Any], **more: Any) -> Request:
    """One turn of the user's. `extra` goes beside it; its `generationConfig` is added to ours."""
    body = {"contents": [{"role": "user", "parts": list(parts)}], **more, **extra}
    if ours := more.get("generationConfig"):
        body["generationConfig"] = {**ours, **extra.get("generationConfig", {})}
    return Request(f"models/{model}{VERB}", body)


def asked(request: Request, usual: str | None) -> tuple[str | None, list[Mapping[str, Any]], dict[str, Any]]:
    """The model if it is not the `usual` one, the parts of the last turn, and what else stands beside it."""
    model = request.operation.removeprefix("models/").removesuffix(VERB)
    parts = request.body["contents"][-1]["parts"]
    rest = {name: value for name, value in request.body.items() if name not in ("contents", "generationConfig")}
    return None if model == usual else model, parts, rest


def parts(response: Response) -> list[Mapping[str, Any]]:
    """What the first candidate said. Raises `RefusedError` where there is none, and why; `DecodeError` for half an answer."""
    body = response.body
    if reason := body.get("promptFeedback", {}).get("blockReason"):
        raise refused(reason, response.request_id)
    candidate = body["candidates"][0]
    reason = candidate.get("finishReason", "STOP")
    if reason in REFUSALS:
        raise refused(reason, response.request_id)
    if reason == "MAX_TOKENS":
        raise DecodeError("Gemini's answer was cut off.", code=reason, hint="Allow it more tokens.")
    found: list[Mapping[str, Any]] = candidate.get("content", {}).get("parts", [])
    if not found:
        raise DecodeError(f"Gemini answered nothing: {reason}.", code=reason, hint="Ask again, or in other words.")
    return found


def usage(response: Response, model: str | None) -> Usage:
    """Tokens, and their price where the model's is known."""
    said = response.body.get("usageMetadata", {})
    price = PRICES.get(model or "")
    if "totalTokenCount" not in said:
        return Usage()
    output = said.get("candidatesTokenCount", 0) + said.get("thoughtsTokenCount", 0)
    cost = price.cost(said.get("promptTokenCount", 0), output) if price else None
    return Usage(units=said["totalTokenCount"], cost_usd=cost)


def answer(*parts: Mapping[str, Any], model: str | None) -> Response:
    """An answer of one candidate."""
    content = {"role": "model", "parts": list(parts)}
    tokens = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    return Response({"candidates": [candidate], "usageMetadata": tokens, "modelVersion": model})
