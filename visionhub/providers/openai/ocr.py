"""A language model reads, line by line; where the lines are, it guesses."""

from __future__ import annotations

from visionhub.capability import Capability
from visionhub.geometry import Box, Polygon
from visionhub.kit import openai
from visionhub.providers.openai import structured
from visionhub.providers.openai.models import SEEING
from visionhub.tasks import OcrCall, Text
from visionhub.tasks.ocr import Line
from visionhub.wire import Request, Response

CAPABILITY = Capability(**SEEING)
PROMPT = "Read all text in this picture, exactly as it is written: one item a line, in reading order, with its box."
FIELD = "text"


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    return structured.request(call, call.image.data, PROMPT, places=True, field=FIELD)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`."""
    found = structured.answered(response, places=True)
    lines = [Line(text=text, score=None, polygon=_outline(box)) for text, box in found if box]
    return Text.of(lines, **structured.about(response, call, structured.GUESSED))


def _outline(box: Box) -> Polygon:
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    return OcrCall(**openai.asked(request.body, SEEING["model"])[0])


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`."""
    return structured.answer([(line.text, line.polygon.box) for line in result.lines], call, FIELD)
