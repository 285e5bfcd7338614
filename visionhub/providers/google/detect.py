"""OBJECT_LOCALIZATION: objects and their boxes, in shares of the picture."""

from __future__ import annotations

from datetime import date

from visionhub.capability import Capability, Price, Support
from visionhub.providers.google import annotate
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

FEATURE = "OBJECT_LOCALIZATION"
CAPABILITY = Capability(
    options={"max_results": Support.NATIVE},
    fields=("objects.id",),
    price=Price(usd=0.00225, as_of=date(2026, 11, 22), source=annotate.LIST, tiers={5_000_000: 0.0015}),
    **annotate.LIMITS,
)


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`. Left out, `max_results` is Google's 10."""
    return annotate.request(call.image, FEATURE, call.extra, maxResults=call.max_results, model=call.model)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`."""
    del call
    found = annotate.answered(response).get("localizedObjectAnnotations", ())
    return Detections(
        objects=tuple(
            Object(
                name=one["name"],
                score=one.get("score", 0.0),
                box=annotate.outline(one["boundingPoly"], 1, 1).box,
                id=one.get("mid") or None,
            )
            for one in found
        )
    )


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    common, feature = annotate.asked(request)
    return DetectCall(**common, max_results=feature.get("maxResults"))


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`."""
    del call
    said = []
    for found in result.objects:
        x0, y0, x1, y1 = found.box.pixels(1, 1)
        corners = [{"x": x0, "y": y0}, {"x": x1, "y": y0}, {"x": x1, "y": y1}, {"x": x0, "y": y1}]
        poly = {"normalizedVertices": corners}
        said.append({"mid": found.id or "", "name": found.name, "score": found.score or 0.0, "boundingPoly": poly})
    return annotate.answer(localizedObjectAnnotations=said)
