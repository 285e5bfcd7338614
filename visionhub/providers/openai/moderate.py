"""omni-moderation: of its thirteen categories, those that it looks for in pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price
from visionhub.image import Image
from visionhub.kit import openai
from visionhub.providers.openai.errors import CODES
from visionhub.tasks import ModerateCall, Moderation, Warning
from visionhub.tasks.moderate import Category, CategoryName
from visionhub.wire import Request, Response

OPERATION = "/moderations"
NAMES: Mapping[str, CategoryName] = {
    "sexual": "sexual", "sexual/minors": "sexual", "violence": "violence", "violence/graphic": "gore", "self-harm": "self_harm",
    "self-harm/intent": "self_harm", "self-harm/instructions": "self_harm", "hate": "hate", "hate/threatening": "hate",
    "harassment": "hate", "harassment/threatening": "hate", "illicit": "drugs", "illicit/violent": "weapons",
}  # fmt: skip
# Those that it looks for in pictures; the first of a name stands for it.
SEEN = ("sexual", "violence", "violence/graphic", "self-harm", "self-harm/intent", "self-harm/instructions")
NATIVE: Mapping[CategoryName, str] = {NAMES[native]: native for native in reversed(SEEN)}
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
    body = openai.sound(response, CODES)
    said = body["results"][0]
    flags, applied = said["categories"], said.get("category_applied_input_types") or {}
    seen = [native for native in flags if "image" in (applied.get(native) or ())]
    listed = [native for native in seen if native in NAMES]
    found = Moderation.of(
        [
            Category(
                name=NAMES[native], score=said["category_scores"][native], flagged=bool(flags[native]), native=native
            )
            for native in listed
        ]
    )
    warnings = [_unknown(native) for native in seen if native not in NAMES]
    if said["flagged"] and not found.flagged:
        warnings.append(_elsewhere([native for native in flags if flags[native]]))
    flagged = found.flagged or bool(said["flagged"])
    return found.about(flagged=flagged, model=body.get("model"), warnings=tuple(warnings))


def _unknown(native: str) -> Warning:
    return Warning(code="category_unknown", message=f"openai also knows {native}, which has no name here.")


def _elsewhere(natives: Sequence[str]) -> Warning:
    reason = " and ".join(natives) or "a reason that it does not name"
    return Warning(
        code="flagged_elsewhere", message=f"openai flagged it for {reason}, not among the categories listed."
    )


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    body = request.body
    picture = next(part["image_url"]["url"] for part in body["input"] if part["type"] == "image_url")
    extra = {name: value for name, value in body.items() if name not in ("model", "input")}
    model = body.get("model", CAPABILITY.model)
    return ModerateCall(image=Image(picture), model=None if model == CAPABILITY.model else model, extra=extra)


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. A category that OpenAI does not look for in pictures is told by `flagged` alone."""
    told: dict[str, Category] = {}
    # Of several of one name, the one that is flagged is told.
    for category in sorted(result.categories, key=lambda one: (one.flagged, one.score or 0)):
        own = category.native in SEEN and NAMES[category.native] == category.name
        if native := category.native if own else NATIVE.get(category.name):
            told[native] = category
    said: dict[str, Any] = {
        "flagged": result.flagged,
        "categories": {native: native in told and told[native].flagged for native in NAMES},
        "category_scores": {native: _score(told[native]) if native in told else 0.0 for native in NAMES},
        "category_applied_input_types": {native: ["image"] if native in told else [] for native in NAMES},
    }
    return Response({"id": "modr-visionhub", "model": call.model or CAPABILITY.model, "results": [said]})


def _score(category: Category) -> float:
    return float(category.flagged) if category.score is None else category.score
