"""A model that finds things: regions, each with its concepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.providers.clarifai import outputs, places
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={**outputs.FILTER, "labels": Support.NATIVE},
    **outputs.PICTURES,
    fields=("objects.id",),
    model="general-image-detection",
    batch=outputs.BATCH,
    docs="https://clarifai.com/clarifai/main/models/general-image-detection",
)


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`. Of how many to give, Clarifai knows only how many concepts a region: that is not asked for."""
    options = {name: value for name, value in call.options().items() if name in CAPABILITY.options}
    config = outputs.config(options, call.extra)
    return outputs.request(call.model or str(CAPABILITY.model), outputs.about(call.image), config=config)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. A region with several concepts is named by the likeliest."""
    del call
    output = outputs.answered(response)
    return Detections(objects=tuple(_object(region) for region in output.data.get("regions", ())), **output.common)


def _object(region: Mapping[str, Any]) -> Object:
    likeliest = max(region["data"]["concepts"], key=outputs.value)
    return Object(
        name=likeliest["name"], score=outputs.value(likeliest), box=places.box(region), id=likeliest.get("id")
    )


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    return DetectCall(
        image=outputs.picture(request),
        model=outputs.model(request, CAPABILITY.model),
        **outputs.configured(request, *CAPABILITY.options),
    )


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`. An object without a score cannot be said."""
    regions = [
        {
            "id": str(number),
            "region_info": places.info(found.box),
            "data": {"concepts": [outputs.concept(found.name, found.score, found.id)]},
            "value": found.score,
        }
        for number, found in enumerate(result.objects)
        if found.score is not None
    ]
    return outputs.answer({"regions": regions}, call.model, CAPABILITY.model)
