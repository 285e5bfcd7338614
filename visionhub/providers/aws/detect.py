"""DetectLabels: the instances of those labels for which Rekognition knows boxes."""

from __future__ import annotations

from typing import Any

from visionhub.providers.aws import labels, shares
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = labels.CAPABILITY.model_copy(update={"fields": ("objects.parents",), "labels": "rekognition"})


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`. `max_results` is not handed on: AWS would count labels, not objects."""
    return labels.request(call)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. A label without instances is no object."""
    del call
    objects = tuple(
        Object(
            name=label["Name"],
            score=shares.score(instance.get("Confidence", label["Confidence"])),
            box=shares.box(instance["BoundingBox"]),
            parents=labels.parents(label),
        )
        for label in response.body["Labels"]
        for instance in label.get("Instances", ())
    )
    version = response.body.get("LabelModelVersion")
    ordered = tuple(sorted(objects, key=lambda found: found.score or 0, reverse=True))
    return Detections(objects=ordered, model=f"rekognition-labels-{version}" if version else None)


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    return DetectCall(**labels.asked(request))


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`. One label a name, as sure as its surest instance."""
    del call
    known: dict[str, dict[str, Any]] = {}
    for found in result.objects:
        label = known.setdefault(found.name, labels.label(found.name, found.score, found.parents))
        confidence = shares.percent(found.score)
        label["Confidence"] = max(label["Confidence"], confidence)
        label["Instances"].append({"BoundingBox": shares.bounding_box(found.box), "Confidence": confidence})
    return Response({"Labels": list(known.values()), "LabelModelVersion": "3.0"})
