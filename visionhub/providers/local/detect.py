"""The 80 kinds of things of COCO; another model's own kinds, or what you name."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.geometry import Box
from visionhub.providers.local.answers import FREE, RAN, by_torch, chosen, told, usage
from visionhub.providers.local.cards import for_task
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"labels": Support.EMULATED, "min_score": Support.NATIVE, "max_results": Support.EMULATED},
    labels="coco-80",
    fields=("objects.id", *RAN),
    model=for_task("detect").name,
    price=FREE,
)
capable = chosen(
    CAPABILITY,
    by_torch(labels=Support.NATIVE, min_score=Support.NATIVE, max_results=Support.EMULATED, fields=("objects.id",)),
)


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`. Left out, `min_score` is the model's usual one."""
    body = {"model": call.model, "image": call.image, "labels": call.labels, "min_score": call.min_score}
    return Request("detect", body)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. `id` is COCO's category number, 1 to 90, or the number of the model's class."""
    del call
    objects = (
        Object(name=row["name"], score=row["score"], box=Box.clamped(*row["box"]), id=row["id"])
        for row in response.body["objects"]
    )
    return Detections(objects=tuple(objects), usage=usage(), warnings=told(response))
