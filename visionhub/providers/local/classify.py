"""The 1000 classes of ImageNet."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.local import FREE
from visionhub.providers.local.cards import for_task
from visionhub.tasks import ClassifyCall, Labels, Usage
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

ALL = 1000
CAPABILITY = Capability(
    options={"min_score": Support.EMULATED, "max_results": Support.NATIVE},
    labels="imagenet-1k",
    fields=("labels.id", "usage.device"),
    model=for_task("classify").name,
    price=FREE,
)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`."""
    usual = for_task("classify", call.model).params["max_results"] if call.min_score is None else ALL
    return Request("classify", {"model": call.model, "image": call.image, "count": call.max_results or usual})


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`. `id` is the WordNet id, the name WordNet's first one."""
    del call
    labels = (Label(name=row["names"][0], score=row["score"], id=row["wnid"]) for row in response.body["classes"])
    return Labels(labels=tuple(labels), usage=Usage(units=0, cost_usd=0.0))
