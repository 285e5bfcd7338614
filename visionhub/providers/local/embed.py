"""Vectors of pictures: a bundled model's; or another's, which may read texts too."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.local.answers import FREE, RAN, by_torch, chosen, usage
from visionhub.providers.local.cards import for_task
from visionhub.tasks import EmbedCall, Embedding
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    fields=RAN,
    model=for_task("embed").name,
    price=FREE,
    absent={
        "text": 'CLIP and SigLIP read texts: hub.embed(text=…, model="OWNER/NAME"), the same model for the pictures.'
    },
)
capable = chosen(CAPABILITY, by_torch(text=Support.NATIVE))


def encode(call: EmbedCall) -> Request:
    """See `visionhub.codec`."""
    return Request("embed", {"model": call.model, "image": call.image, "text": call.text})


def decode(response: Response, call: EmbedCall) -> Embedding:
    """See `visionhub.codec`."""
    return Embedding(vector=tuple(response.body["vector"]), text=call.text, usage=usage())
