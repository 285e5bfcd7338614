"""omni-moderation: of its thirteen categories, those that it looks for in pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price
from visionhub.image import Image
from visionhub.tasks import ModerateCall, Moderation
from visionhub.tasks.moderate import Category, CategoryName
from visionhub.wire import Request, Response

OPERATION = "/moderations"
NAMES: Mapping[str, CategoryName] = {
    "sexual": "sexual", "sexual/minors": "sexual", "violence": "violence", "violence/graphic": "gore", "self-harm": "self_harm",
    "self-harm/intent": "self_harm", "self-harm/instructions": "self_harm", "hate": "hate", "hate/threatening": "hate",
    "harassment": "hate", "harassment/threatening": "hate", "illicit": "drugs", "illicit/violent": "weapons",
}  # fmt: skip
NATIVE: Mapping[CategoryName, str] = {
    "sexual": "sexual", "violence": "violence", "gore": "violence/graphic", "self_harm": "self-harm",
}  # fmt: skip
CAPABILITY = Capability(
    media_types=("image/png", "image/jpeg", "image/webp", "image/gif"),
    max_bytes=20_000_000,
    model="omni-moderation-latest",
    labels="openai-moderation",
    price=Price(usd=0.0, as_of=date(2026, 11, 22), source="https://platform.openai.com/docs/guides/moderation"),
    docs="https://platform.openai.com/docs/guides/moderation",
)


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    picture = {"type": "image_url", "image_url": {"url": call.image.data}}
    return Request(OPERATION, {"model": call.model or CAPABILITY.model, "input": [picture], **call.extra})


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged is what OpenAI flags. What it did not look for in the picture has a score of 0: it is left out."""
    del call
    said = response.body["results"][0]
    applied = said.get("category_applied_input_types") or {}
    found = [
        Category(name=NAMES[native], score=said["category_scores"][native], flagged=bool(flagged), native=native)
        for native, flagged in said["categories"].items()
        if "image" in applied.get(native, ()) and native in NAMES
    ]
    return Moderation.of(found).about(model=response.body.get("model"))


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    body = request.body
    picture = next(part["image_url"]["url"] for part in body["input"] if part["type"] == "image_url")
    extra = {name: value for name, value in body.items() if name not in ("model", "input")}
    model = body.get("model", CAPABILITY.model)
    return ModerateCall(image=Image(picture), model=None if model == CAPABILITY.model else model, extra=extra)


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`."""
    known = {NATIVE[category.name]: category for category in result.categories if category.name in NATIVE}
    said: dict[str, Any] = {
        "flagged": any(category.flagged for category in known.values()),
        "categories": {native: native in known and known[native].flagged for native in NAMES},
        "category_scores": {native: _score(known[native]) if native in known else 0.0 for native in NAMES},
        "category_applied_input_types": {native: ["image"] if native in known else [] for native in NAMES},
    }
    return Response({"id": "modr-visionhub", "model": call.model or CAPABILITY.model, "results": [said]})


def _score(category: Category) -> float:
    return float(category.flagged) if category.score is None else category.score
