"""Image Analysis: tags of the whole picture."""

from __future__ import annotations

from visionhub.capability import Capability
from visionhub.providers.azure import analysis, pixels
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

FEATURE = "tags"
CAPABILITY = Capability(model="image-analysis-4.0", price=analysis.GROUP_1, **analysis.LIMITS)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`."""
    return analysis.request(call.image, [FEATURE], call.extra)


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    del call
    body = analysis.answer(response)
    found = body["tagsResult"]["values"]
    labels = tuple(Label(name=tag["name"], score=tag["confidence"]) for tag in found)
    return Labels(labels=labels, model=body.get("modelVersion"))


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    return ClassifyCall(**analysis.asked(request, FEATURE))


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`."""
    values = [
        {"name": label.name, "confidence": 1.0 if label.score is None else label.score} for label in result.labels
    ]
    return Response({**pixels.metadata(call.image), "tagsResult": {"values": values}})
