"""Vectors of pictures; and of texts, where the model reads them."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.local.answers import FREE, by_torch, chosen, usage
from visionhub.tasks import EmbedCall, Embedding
from visionhub.wire import Request, Response

CAPABILITY = Capability(fields=("usage.device", "usage.precision"), price=FREE)
capable = chosen(CAPABILITY, by_torch(text=Support.NATIVE))


def encode(call: EmbedCall) -> Request:
    """See `visionhub.codec`."""
    return Request("embed", {"model": call.model, "image": call.image, "text": call.text})


def decode(response: Response, call: EmbedCall) -> Embedding:
    """See `visionhub.codec`."""
    return Embedding(vector=tuple(response.body["vector"]), text=call.text, usage=usage())
