"""`general-cls`: names for the whole picture, each with its probability."""

from __future__ import annotations

from visionhub.capability import Capability
from visionhub.providers.api4ai import entities
from visionhub.providers.api4ai.errors import answered
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    media_types=("image/jpeg", "image/png"), max_bytes=16_000_000, model="general-cls/v1", docs="https://api4.ai/docs/general-cls"
)  # fmt: skip


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`."""
    return entities.request(call.model or str(CAPABILITY.model), call.image.data, call.extra)


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    del call
    named = entities.answers(answered(response)["entities"], "classes")
    return Labels(
        labels=tuple(Label(name=name, score=score) for entity in named for name, score in entity["classes"].items())
    )


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    return ClassifyCall(**entities.asked(request, CAPABILITY.model))


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`. A label without a score cannot be said."""
    classes = {label.name: label.score for label in result.labels if label.score is not None}
    return entities.answer({"kind": "classes", "name": "classes", "classes": classes}, name=call.image.name)
