"""Image Analysis: printed and written text, in lines and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability
from visionhub.providers.azure import analysis, pixels
from visionhub.tasks import OcrCall, Text
from visionhub.tasks.ocr import Line, Word
from visionhub.wire import Request, Response

FEATURE = "read"
CAPABILITY = Capability(
    model="image-analysis-4.0", price=analysis.GROUP_2, fields=("lines.words", "lines.block"), **analysis.LIMITS
)


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    return analysis.request(call.image, [FEATURE], call.extra)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. Only words have a score; a line's is their mean."""
    size = pixels.size(response, call)
    lines = [
        _line(said, number, size)
        for number, block in enumerate(response.body["readResult"]["blocks"])
        for said in block["lines"]
    ]
    return Text.of(lines, model=response.body.get("modelVersion"))


def _line(said: Mapping[str, Any], block: int, size: tuple[int, int]) -> Line:
    words = tuple(
        Word(text=word["text"], score=word["confidence"], polygon=pixels.polygon(word["boundingPolygon"], *size))
        for word in said.get("words", ())
    )
    score = sum(word.score or 0.0 for word in words) / len(words) if words else None
    outline = pixels.polygon(said["boundingPolygon"], *size)
    return Line(text=said["text"], score=score, polygon=outline, block=block, words=words)


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    return OcrCall(**analysis.asked(request, FEATURE))


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`."""
    size = call.image.width, call.image.height
    blocks: dict[tuple[int, int], list[Any]] = {}
    for line in result.lines:
        words = [
            {"text": word.text, "boundingPolygon": pixels.points(word.polygon, *size), "confidence": word.score or 0.0}
            for word in line.words
        ]
        said = {"text": line.text, "boundingPolygon": pixels.points(line.polygon, *size), "words": words}
        blocks.setdefault((line.page, line.block), []).append(said)
    listed = [{"lines": lines} for lines in blocks.values()]
    return Response({**pixels.metadata(call.image), "readResult": {"blocks": listed}})
