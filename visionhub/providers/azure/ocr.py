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
    """See `visionhub.codec`. Only words have a score; Azure finds the language by itself, and does not tell it."""
    body = analysis.answer(response)
    lines: list[Line] = []
    for number, block in enumerate(body["readResult"]["blocks"]):
        size = pixels.size(block if block.get("metadata") else body, call)
        lines.extend(_line(said, number, block, size) for said in block["lines"])
    return Text.of(lines, model=body.get("modelVersion"))


def _line(said: Mapping[str, Any], number: int, block: Mapping[str, Any], size: tuple[float, float]) -> Line:
    words = tuple(
        Word(text=word["text"], score=word.get("confidence"), polygon=pixels.polygon(word["boundingPolygon"], *size))
        for word in said.get("words", ())
    )
    return Line(
        text=said["text"], score=None, polygon=pixels.polygon(said["boundingPolygon"], *size), block=number, words=words,
        page=block.get("page", 1), language=block.get("language"),
    )  # fmt: skip


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    return OcrCall(**analysis.asked(request, FEATURE))


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`."""
    size = call.image.width, call.image.height
    blocks: dict[tuple[int, int], list[Any]] = {}
    for line in result.lines:
        words = [
            {**_placed(word, size), "confidence": 1.0 if word.score is None else word.score} for word in line.words
        ]
        blocks.setdefault((line.page, line.block), []).append({**_placed(line, size), "words": words})
    listed = [{"lines": lines} for lines in blocks.values()]
    return Response({**pixels.metadata(call.image), "readResult": {"blocks": listed}})


def _placed(said: Line | Word, size: tuple[int, int]) -> dict[str, Any]:
    return {"text": said.text, "boundingPolygon": pixels.points(said.polygon, *size)}
