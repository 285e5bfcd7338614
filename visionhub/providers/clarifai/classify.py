"""A model that knows concepts: names for the whole picture."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.clarifai import outputs
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={**outputs.FILTER, "labels": Support.NATIVE, "max_results": Support.NATIVE},
    **outputs.PICTURES,
    fields=("labels.id",),
    model="general-image-recognition",
    batch=outputs.BATCH,
    docs="https://clarifai.com/clarifai/main/models/general-image-recognition",
)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`. Left to itself, Clarifai gives 20 concepts; it never gives more than 200."""
    config = outputs.config(call.options(), call.extra)
    return outputs.request(call.model or str(CAPABILITY.model), outputs.about(call.image), config=config)


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    del call
    output = outputs.answered(response)
    concepts = output.data.get("concepts", ())
    labels = [Label(name=found["name"], score=outputs.value(found), id=found.get("id")) for found in concepts]
    return Labels(labels=tuple(labels), **output.common)


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    return ClassifyCall(
        image=outputs.picture(request),
        model=outputs.model(request, CAPABILITY.model),
        **outputs.configured(request, "labels", "min_score", "max_results"),
    )


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`. A label without a score cannot be said."""
    concepts = [
        outputs.concept(label.name, label.score, label.id) for label in result.labels if label.score is not None
    ]
    return outputs.answer({"concepts": concepts}, call.model, CAPABILITY.model)
