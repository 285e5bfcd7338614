"""The 1000 classes of ImageNet; another model's own classes, or yours."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.local.answers import FREE, RAN, by_torch, chosen, told, usage
from visionhub.providers.local.cards import for_task
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

ALL = 100_000
CAPABILITY = Capability(
    options={"min_score": Support.EMULATED, "max_results": Support.NATIVE},
    labels="imagenet-1k",
    fields=("labels.id", *RAN),
    model=for_task("classify").name,
    price=FREE,
)
capable = chosen(
    CAPABILITY,
    by_torch(labels=Support.NATIVE, min_score=Support.EMULATED, max_results=Support.NATIVE, fields=("labels.id",)),
)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`. Left out, `max_results` is the model's usual number, or, with a `min_score`, all that have it."""
    count = call.max_results or (None if call.min_score is None else ALL)
    return Request("classify", {"model": call.model, "image": call.image, "labels": call.labels, "count": count})


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`. `id` is the WordNet id, or the number of the model's class; the name of several is the first one."""
    del call
    labels = (Label(**row) for row in response.body["classes"])
    return Labels(labels=tuple(labels), usage=usage(), warnings=told(response))
