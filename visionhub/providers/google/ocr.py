"""DOCUMENT_TEXT_DETECTION, or TEXT_DETECTION for a few words in a scene: `model="text"`."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.providers.google import annotate, lines, pages
from visionhub.tasks import OcrCall, Text
from visionhub.wire import Request, Response

DOCUMENT, SCENE = "DOCUMENT_TEXT_DETECTION", "TEXT_DETECTION"
TEXT = "text"
CAPABILITY = Capability(
    options={"language": Support.NATIVE},
    fields=("lines.words", "lines.block", "lines.language"),
    price=annotate.PRICE,
    **annotate.LIMITS,
)


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    feature, model = (SCENE, None) if call.model == TEXT else (DOCUMENT, call.model)
    context = dict(call.extra.get("imageContext", {}))
    if call.language:
        context.setdefault("languageHints", [call.language])
    extra = {**call.extra, **({"imageContext": context} if context else {})}
    return annotate.request(call.image, feature, extra, model=model)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. Google has no lines: they are put together from its words' breaks, their score the words' mean."""
    said = annotate.answered(response)
    size = call.image.width, call.image.height
    if full := said.get("fullTextAnnotation"):
        numbered = enumerate(full.get("pages", ()), 1)
        return Text.of(line for number, page in numbered for line in lines.of_page(page, number, size))
    return Text.of(lines.of_words(said.get("textAnnotations", ()), size))


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    common, feature = annotate.asked(request)
    context = dict(common["extra"].get("imageContext", {}))
    hints = context.pop("languageHints", None) or [None]
    extra = {name: value for name, value in common["extra"].items() if name != "imageContext"}
    common["extra"] = {**extra, **({"imageContext": context} if context else {})}
    model = TEXT if feature["type"] == SCENE else common["model"]
    return OcrCall(**{**common, "model": model}, language=hints[0])


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`."""
    size = call.image.width, call.image.height
    if not result.lines:
        return annotate.answer()
    return annotate.answer(
        textAnnotations=pages.flat(result.lines, result.text, size),
        fullTextAnnotation=pages.full(result.lines, result.text, size),
    )
