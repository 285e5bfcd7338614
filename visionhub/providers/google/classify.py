"""LABEL_DETECTION: names of the Knowledge Graph for the whole picture."""

from __future__ import annotations

from datetime import date

from visionhub.capability import Capability, Price, Support
from visionhub.providers.google import annotate
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

FEATURE = "LABEL_DETECTION"
CAPABILITY = Capability(
    options={"max_results": Support.NATIVE},
    fields=("labels.id",),
    price=Price(usd=0.0015, as_of=date(2026, 11, 22), source=annotate.LIST, tiers={5_000_000: 0.001}),
    **annotate.LIMITS,
)


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`. Left out, `max_results` is Google's 10."""
    return annotate.request(call.image, FEATURE, call.extra, maxResults=call.max_results, model=call.model)


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    del call
    found = annotate.answered(response).get("labelAnnotations", ())
    return Labels(
        labels=tuple(
            Label(name=one["description"], score=one.get("score", 0.0), id=one.get("mid") or None) for one in found
        )
    )


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    common, feature = annotate.asked(request)
    return ClassifyCall(**common, max_results=feature.get("maxResults"))


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`."""
    del call
    said = [
        {
            "mid": label.id or "",
            "description": label.name,
            "score": label.score or 0.0,
            "topicality": label.score or 0.0,
        }
        for label in result.labels
    ]
    return annotate.answer(labelAnnotations=said)
