"""`general-det`: objects of 80 kinds and their boxes, however unsure."""

from __future__ import annotations

from visionhub.capability import Capability
from visionhub.providers.api4ai import entities
from visionhub.providers.api4ai.errors import answered
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    media_types=("image/jpeg", "image/png"), max_bytes=16_000_000, model="general-det/v1", docs="https://api4.ai/docs/object-detection"
)  # fmt: skip


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`."""
    return entities.request(call.model or str(CAPABILITY.model), call.image.data, call.extra)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. An object with several classes is named by the likeliest."""
    del call
    objects = []
    for group in entities.answers(answered(response)["entities"], "objects"):
        for found in group["objects"]:
            classes = entities.of_kind(found["entities"], "classes")[0]["classes"]
            name, score = max(classes.items(), key=lambda pair: pair[1])
            objects.append(Object(name=name, score=score, box=entities.box(found["box"])))
    return Detections(objects=tuple(objects))


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    return DetectCall(**entities.asked(request, CAPABILITY.model))


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`. An object without a score cannot be said."""
    objects = [
        {
            "box": entities.corners(found.box),
            "entities": [{"kind": "classes", "name": "classes", "classes": {found.name: found.score}}],
        }
        for found in result.objects
        if found.score is not None
    ]
    return entities.answer(
        {"kind": "objects", "name": "general-object-detector", "objects": objects}, name=call.image.name
    )
