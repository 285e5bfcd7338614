"""`nsfw`: one probability, of what is not safe for work."""

from __future__ import annotations

import math

from visionhub.capability import Capability
from visionhub.providers.api4ai import entities
from visionhub.providers.api4ai.errors import answered
from visionhub.tasks import ModerateCall, Moderation
from visionhub.tasks.moderate import Category
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    media_types=("image/jpeg", "image/png"), max_bytes=16_000_000, model="nsfw/v1", docs="https://api4.ai/docs/nsfw"
)
UNSAFE, SAFE = "nsfw", "sfw"
FLAGGED = 0.5


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    return entities.request(call.model or str(CAPABILITY.model), call.image.data, call.extra)


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged from 0.5 on. `sfw` is the rest of `nsfw` to 1, and no category of its own."""
    del call
    classes = entities.of_kind(answered(response)["entities"], "classes")[0]["classes"]
    score = classes[UNSAFE]
    return Moderation.of([Category(name="sexual", score=score, flagged=score >= FLAGGED, native=UNSAFE)])


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    return ModerateCall(**entities.asked(request, CAPABILITY.model))


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. What is sexual, or else suggestive; where another judged in words, 1 or 0."""
    seen = {category.name: category for category in result.categories}
    known = seen.get("sexual") or seen.get("suggestive")
    score = _score(known) if known else 0.0
    classes = {UNSAFE: score, SAFE: 1 - score}
    return entities.answer({"kind": "classes", "name": "nsfw-classes", "classes": classes}, name=call.image.name)


def _score(category: Category) -> float:
    """Its score, moved to the side of 0.5 on which the verdict is."""
    score = float(category.flagged) if category.score is None else category.score
    return max(score, FLAGGED) if category.flagged else min(score, math.nextafter(FLAGGED, 0))
