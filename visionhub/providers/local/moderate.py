"""Nudity by Yahoo's open_nsfw. Nothing else is assessed."""

from __future__ import annotations

from visionhub.capability import Capability
from visionhub.providers.local import FREE
from visionhub.providers.local.cards import for_task
from visionhub.tasks import ModerateCall, Moderation, Usage
from visionhub.tasks.moderate import Category
from visionhub.wire import Request, Response

# Yahoo's guidance: below 0.2 a picture is likely to be safe, above 0.8 it is highly probable not to be.
FLAGGED = 0.8

CAPABILITY = Capability(
    fields=("categories.score", "usage.device"), labels="sexual", model=for_task("moderate").name, price=FREE
)


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    return Request("moderate", {"model": call.model, "image": call.image})


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`."""
    del call
    score = response.body["nsfw"]
    category = Category(name="sexual", score=score, flagged=score > FLAGGED, native="nsfw")
    return Moderation.of([category]).model_copy(update={"usage": Usage(units=0, cost_usd=0.0)})
