"""DOCUMENT_TEXT_DETECTION, or TEXT_DETECTION for a few words in a scene: `model="text"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.geometry import Polygon
from visionhub.providers.google import annotate
from visionhub.tasks import OcrCall, Text
from visionhub.tasks.ocr import Line, Word
from visionhub.wire import Request, Response

DOCUMENT, SCENE = "DOCUMENT_TEXT_DETECTION", "TEXT_DETECTION"
TEXT = "text"
CAPABILITY = Capability(
    options={"language": Support.NATIVE},
    fields=("lines.words", "lines.block", "lines.language"),
    price=annotate.PRICE,
    **annotate.LIMITS,
)
ENDS = {"EOL_SURE_SPACE", "LINE_BREAK", "HYPHEN", 3, 5, 4}
HYPHENS = {"HYPHEN", 4}
SPACES = {"SPACE", "SURE_SPACE", 1, 2}


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    feature, model = (SCENE, None) if call.model == TEXT else (DOCUMENT, call.model)
    context = dict(call.extra.get("imageContext", {}))
    if call.language:
        context["languageHints"] = [call.language]
    extra = {**call.extra, **({"imageContext": context} if context else {})}
    return annotate.request(call.image, feature, extra, model=model)


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. Google has no lines: they are put together from its words' breaks, their score the words' mean."""
    said = annotate.answered(response)
    size = call.image.width, call.image.height
    if full := said.get("fullTextAnnotation"):
        return Text.of(line for number, page in enumerate(full["pages"], 1) for line in _lines(page, number, size))
    return Text.of(_loose(said.get("textAnnotations", ()), size))


def _lines(page: Mapping[str, Any], number: int, size: tuple[int, int]) -> Iterator[Line]:
    width, height = page.get("width") or size[0], page.get("height") or size[1]
    for place, block in enumerate(page.get("blocks", ())):
        for paragraph in block.get("paragraphs", ()):
            words: list[Word] = []
            text = ""
            for said in paragraph.get("words", ()):
                word, ending = _word(said, width, height)
                words.append(word)
                text += word.text
                if ending in SPACES:
                    text += " "
                if ending in ENDS:
                    yield _line(text + "-" * (ending in HYPHENS), words, place, number, _language(said, block, page))
                    words, text = [], ""
            if words:
                yield _line(text, words, place, number, _language(block, page))


def _word(said: Mapping[str, Any], width: int, height: int) -> tuple[Word, Any]:
    symbols = said["symbols"]
    ending = symbols[-1].get("property", {}).get("detectedBreak", {}).get("type") if symbols else None
    text = "".join([symbol["text"] for symbol in symbols])
    outline = annotate.outline(said["boundingBox"], width, height)
    return Word(text=text, score=said.get("confidence"), polygon=outline), ending


def _line(text: str, words: Sequence[Word], block: int, page: int, language: str | None) -> Line:
    """From the first word's left edge to the last one's right: on a page that is turned, too."""
    first, last = words[0].polygon.points, words[-1].polygon.points
    corners = (first[0], last[1], last[2], first[3]) if len(first) == len(last) == 4 else (*first, *last)
    scores = [word.score for word in words if word.score is not None]
    return Line(
        text=text.strip(), score=sum(scores) / len(scores) if scores else None, polygon=Polygon(corners),
        block=block, page=page, language=language, words=tuple(words),
    )  # fmt: skip


def _language(*places: Mapping[str, Any]) -> str | None:
    """The first that is told, from the nearest place outward."""
    for place in places:
        if known := place.get("property", {}).get("detectedLanguages"):
            return known[0].get("languageCode") or None
    return None


def _loose(said: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> Iterator[Line]:
    """The first annotation is the whole text, the others are its words: they are dealt out to its lines."""
    if not said:
        return
    words = [
        Word(text=one["description"], score=None, polygon=annotate.outline(one["boundingPoly"], *size))
        for one in said[1:]
    ]
    language = said[0].get("locale")
    for text in said[0]["description"].splitlines():
        own: list[Word] = []
        left = "".join(text.split())
        while words and left and left.startswith(word := "".join(words[0].text.split())):
            left = left[len(word) :]
            own.append(words.pop(0))
        if own:
            yield _line(text, own, 0, 1, language)
        elif text.strip():
            outline = annotate.outline(said[0]["boundingPoly"], *size)
            yield Line(text=text, score=None, polygon=outline, language=language)


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    common, feature = annotate.asked(request)
    context = dict(common["extra"].get("imageContext", {}))
    hints = context.pop("languageHints", [None])
    extra = {name: value for name, value in common["extra"].items() if name != "imageContext"}
    common["extra"] = {**extra, **({"imageContext": context} if context else {})}
    model = TEXT if feature["type"] == SCENE else common["model"]
    return OcrCall(**{**common, "model": model}, language=hints[0])


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`. A line without words is one word."""
    size = call.image.width, call.image.height
    if not result.lines:
        return annotate.answer()
    pages: dict[int, dict[int, list[Line]]] = {}
    for line in result.lines:
        pages.setdefault(line.page, {}).setdefault(line.block, []).append(line)
    said = [
        {"width": size[0], "height": size[1], "blocks": [_block(lines, size) for lines in blocks.values()]}
        for blocks in pages.values()
    ]
    everything = {
        "locale": result.lines[0].language or "",
        "description": result.text,
        "boundingPoly": _around(result.lines, size),
    }
    words = [
        {"description": word.text, "boundingPoly": annotate.vertices(word.polygon, *size)}
        for line in result.lines
        for word in _words(line)
    ]
    return annotate.answer(
        textAnnotations=[everything, *words], fullTextAnnotation={"pages": said, "text": result.text}
    )


def _block(lines: Sequence[Line], size: tuple[int, int]) -> dict[str, Any]:
    words = [word for line in lines for word in _said(line, size)]
    poly = _around(lines, size)
    return {"blockType": "TEXT", "boundingBox": poly, "paragraphs": [{"boundingBox": poly, "words": words}]}


def _said(line: Line, size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    words = _words(line)
    for number, word in enumerate(words, 1):
        poly = annotate.vertices(word.polygon, *size)
        symbols: list[dict[str, Any]] = [{"text": sign, "boundingBox": poly} for sign in word.text] or [{"text": ""}]
        kind = "LINE_BREAK" if number == len(words) else "SPACE"
        symbols[-1]["property"] = {"detectedBreak": {"type": kind}}
        known: dict[str, Any] = {} if word.score is None else {"confidence": word.score}
        if line.language:
            known["property"] = {"detectedLanguages": [{"languageCode": line.language}]}
        yield {"boundingBox": poly, "symbols": symbols, **known}


def _words(line: Line) -> Sequence[Word]:
    return line.words or (Word(text=line.text, score=line.score, polygon=line.polygon),)


def _around(lines: Sequence[Line], size: tuple[int, int]) -> dict[str, Any]:
    boxes = [line.polygon.box for line in lines]
    left, top = min(box.x0 for box in boxes), min(box.y0 for box in boxes)
    right, bottom = max(box.x1 for box in boxes), max(box.y1 for box in boxes)
    return annotate.vertices(Polygon.clamped(((left, top), (right, top), (right, bottom), (left, bottom))), *size)
