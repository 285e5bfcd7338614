"""`ocr`: blocks of text, each with its box; lines and words have none of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from visionhub.capability import Capability
from visionhub.geometry import Box, Polygon
from visionhub.providers.api4ai import entities
from visionhub.providers.api4ai.errors import answered
from visionhub.tasks import OcrCall, Text, Warning
from visionhub.tasks.ocr import Line
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    media_types=("image/jpeg", "image/png"), max_bytes=16_000_000, model="ocr/v1", docs="https://api4.ai/docs/ocr"
)
SHARED = Warning(
    code="geometry_of_block",
    message="api4ai gives one box for a block of text; its lines share it. extra={'algo': 'simple-words'} asks for words.",
)


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    return entities.request(call.model or str(CAPABILITY.model), call.image.data, call.extra)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. There are no scores. The lines of one block share its outline, with a warning."""
    del call
    groups = entities.answers(answered(response)["entities"], "objects")
    blocks = [list(_lines(found, number)) for group in groups for number, found in enumerate(group["objects"])]
    text = Text.of(line for lines in blocks for line in lines)
    return text.warned(SHARED) if any(len(lines) > 1 for lines in blocks) else text


def _lines(found: Mapping[str, Any], block: int) -> Iterator[Line]:
    outline = _outline(entities.box(found["box"]))
    for entity in entities.of_kind(found["entities"], "text"):
        for text in entity["text"].splitlines():
            yield Line(text=text, score=None, polygon=outline, block=block)


def _outline(box: Box) -> Polygon:
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    return OcrCall(**entities.asked(request, CAPABILITY.model))


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`. Each line is a block of its own, so that it keeps its box."""
    objects = [
        {
            "box": entities.corners(line.polygon.box),
            "entities": [{"kind": "text", "name": "text", "text": line.text}],
        }
        for line in result.lines
    ]
    return entities.answer({"kind": "objects", "name": "text", "objects": objects}, name=call.image.name)
