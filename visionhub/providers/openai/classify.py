"""A language model names what it sees, without scores."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.kit import openai
from visionhub.providers.openai import structured
from visionhub.providers.openai.models import SEEING
from visionhub.tasks import ClassifyCall, Labels
from visionhub.tasks.classify import Label
from visionhub.wire import Request, Response

CAPABILITY = Capability(options={"labels": Support.NATIVE}, **SEEING)
PROMPT = "Name what this picture shows, as a whole: short common nouns, the most fitting first."


def encode(call: ClassifyCall) -> Request:
    """See `visionhub.codec`."""
    return structured.request(call, call.image.data, PROMPT, places=False)


def decode(response: Response, call: ClassifyCall) -> Labels:
    """See `visionhub.codec`."""
    found = structured.answered(response, places=False)
    return Labels(labels=tuple(Label(name=name, score=None) for name, _ in found), **structured.about(response, call))


def parse(request: Request) -> ClassifyCall:
    """See `visionhub.codec`."""
    return ClassifyCall(**openai.asked(request.body, SEEING["model"])[0], labels=structured.labels(request))


def render(result: Labels, call: ClassifyCall) -> Response:
    """See `visionhub.codec`."""
    return structured.answer([(label.name, None) for label in result.labels], call)
