"""A language model says what is where, as well as it can."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.kit import openai
from visionhub.providers.openai import structured
from visionhub.providers.openai.models import SEEING
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

CAPABILITY = Capability(options={"labels": Support.NATIVE}, **SEEING)
PROMPT = "List every object in this picture that has clear bounds, each one by itself, with its box."


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`."""
    return structured.request(call, call.image.data, PROMPT, places=True)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`."""
    found = structured.answered(response, places=True)
    objects = tuple(Object(name=name, score=None, box=box) for name, box in found if box)
    return Detections(objects=objects, **structured.about(response, call, structured.GUESSED))


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    return DetectCall(**openai.asked(request.body, SEEING["model"])[0], labels=structured.labels(request))


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`."""
    return structured.answer([(found.name, found.box) for found in result.objects], call)
