"""The 80 kinds of things of COCO."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.geometry import Box
from visionhub.labels.coco import NAMES
from visionhub.providers.local import FREE
from visionhub.providers.local.cards import for_task
from visionhub.tasks import DetectCall, Detections, Usage
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"labels": Support.EMULATED, "min_score": Support.NATIVE, "max_results": Support.EMULATED},
    labels="coco-80",
    fields=("objects.id", "usage.device"),
    model=for_task("detect").name,
    price=FREE,
)


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`."""
    usual = for_task("detect", call.model).params["min_score"]
    min_score = usual if call.min_score is None else call.min_score
    return Request("detect", {"model": call.model, "image": call.image, "min_score": min_score})


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. `id` is COCO's category number, 1 to 90."""
    del call
    objects = (
        Object(name=NAMES[row["class"]], score=row["score"], box=Box.clamped(*row["box"]), id=str(row["class"]))
        for row in response.body["objects"]
    )
    return Detections(objects=tuple(objects), usage=Usage(units=0, cost_usd=0.0))
