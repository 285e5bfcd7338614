"""A model that reads: regions, each with a line of text. One that gives text alone is understood too."""

from __future__ import annotations

from typing import Any

from visionhub.capability import Capability
from visionhub.geometry import Box
from visionhub.providers.clarifai import outputs, places
from visionhub.tasks import OcrCall, Text, Warning
from visionhub.tasks.ocr import Line
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options=outputs.FILTER,
    **outputs.PICTURES,
    model="ocr-scene-english-paddleocr",
    batch=outputs.BATCH,
    docs="https://clarifai.com/clarifai/main/models/ocr-scene-english-paddleocr",
)
EVERYWHERE = places.outline(Box(x0=0, y0=0, x1=1, y1=1))
PLACELESS = Warning(
    code="geometry_of_block", message="This model of clarifai's does not say where its lines stand: each has the whole picture."
)  # fmt: skip


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`. Which language is read is the model's own matter."""
    config = outputs.config(call.options(), call.extra)
    return outputs.request(call.model or str(CAPABILITY.model), outputs.about(call.image), config=config)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. One line a region, in Clarifai's order, and no words."""
    del call
    output = outputs.answered(response)
    if "regions" not in output.data and (raw := output.data.get("text", {}).get("raw")):
        lines = [Line(text=text, score=None, polygon=EVERYWHERE) for text in raw.splitlines()]
        return Text.of(lines, **output.common).warned(PLACELESS)
    return Text.of((_line(region) for region in output.data.get("regions", ())), **output.common)


def _line(region: dict[str, Any]) -> Line:
    score = outputs.value(region) if "value" in region else None
    text = region.get("data", {}).get("text", {}).get("raw", "")
    return Line(text=text, score=score, polygon=places.outline(places.box(region)))


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    return OcrCall(
        image=outputs.picture(request),
        model=outputs.model(request, CAPABILITY.model),
        **outputs.configured(request, *CAPABILITY.options),
    )


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`. A line that is not level is said by the upright box around it."""
    regions = [
        {
            "id": str(number),
            "region_info": places.info(line.polygon.box),
            "data": {"text": {"raw": line.text, "text_info": {"encoding": "UnknownTextEnc"}}},
            **({} if line.score is None else {"value": line.score}),
        }
        for number, line in enumerate(result.lines)
    ]
    return outputs.answer({"regions": regions}, call.model, CAPABILITY.model)
