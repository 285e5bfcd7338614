"""DetectLabels: names for the picture, with those of their wider kinds."""

from __future__ import annotations

from visionhub.capability import Support
from visionhub.providers.aws import labels, shares
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

CAPABILITY = labels.CAPABILITY.model_copy(
    update={
        "options": {**labels.CAPABILITY.options, "max_results": Support.NATIVE},
        "fields": ("labels.parents",),
        "labels": "rekognition",
    }
)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`."""
    return labels.request(call, **({"MaxLabels": call.max_results} if call.max_results else {}))


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    del call
    found = tuple(
        Label(name=label["Name"], score=shares.score(label["Confidence"]), parents=labels.parents(label))
        for label in response.body["Labels"]
    )
    return Labels(labels=found, model=_version(response))


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    return ClassifyCall(**labels.asked(request), max_results=request.body.get("MaxLabels"))


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`."""
    del call
    said = [labels.label(label.name, label.score, label.parents) for label in result.labels]
    return Response({"Labels": said, "LabelModelVersion": "3.0"})


def _version(response: Response) -> str | None:
    version = response.body.get("LabelModelVersion")
    return f"rekognition-labels-{version}" if version else None
