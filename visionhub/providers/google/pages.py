"""Google's pages, blocks, words and symbols from lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from visionhub.geometry import Polygon
from visionhub.providers.google import annotate
from visionhub.tasks.ocr import Line, Word


def full(lines: Sequence[Line], text: str, size: tuple[int, int]) -> dict[str, Any]:
    """A `fullTextAnnotation` of a picture of that size in pixels; neighbours of one number are one block."""
    pages = []
    for _, page in groupby(lines, lambda line: line.page):
        blocks = [_block(list(block), size) for _, block in groupby(page, lambda line: line.block)]
        pages.append({"width": size[0], "height": size[1], "blocks": blocks})
    return {"pages": pages, "text": text}


def flat(lines: Sequence[Line], text: str, size: tuple[int, int]) -> list[dict[str, Any]]:
    """The `textAnnotations`: the whole text, then each word."""
    whole = {"locale": lines[0].language or "", "description": text, "boundingPoly": _around(lines, size)}
    return [
        whole,
        *(
            {"description": word.text, "boundingPoly": annotate.vertices(word.polygon, *size)}
            for line in lines
            for word in _words(line)
        ),
    ]


def _block(lines: Sequence[Line], size: tuple[int, int]) -> dict[str, Any]:
    words = [word for line in lines for word in _said(line, size)]
    poly = _around(lines, size)
    return {"blockType": "TEXT", "boundingBox": poly, "paragraphs": [{"boundingBox": poly, "words": words}]}


def _said(line: Line, size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    words = _words(line)
    for word, ending in zip(words, _breaks(line.text, words), strict=True):
        poly = annotate.vertices(word.polygon, *size)
        symbols: list[dict[str, Any]] = [{"text": sign, "boundingBox": poly} for sign in word.text] or [{"text": ""}]
        if ending:
            symbols[-1]["property"] = {"detectedBreak": {"type": ending}}
        known: dict[str, Any] = {} if word.score is None else {"confidence": word.score}
        if line.language:
            known["property"] = {"detectedLanguages": [{"languageCode": line.language}]}
        yield {"boundingBox": poly, "symbols": symbols, **known}


def _breaks(text: str, words: Sequence[Word]) -> Iterator[str | None]:
    """What follows each word, as the line's text has it: not every script sets spaces between words."""
    place = 0
    for word in words[:-1]:
        found = text.find(word.text, place)
        place = max(found, place) + len(word.text) * (found >= 0)
        yield "SPACE" if found < 0 or text[place : place + 1].isspace() else None
    last = words[-1].text
    yield "HYPHEN" if text.endswith(f"{last}-") and not last.endswith("-") else "LINE_BREAK"


def _words(line: Line) -> Sequence[Word]:
    """A line without words is one word."""
    return line.words or (Word(text=line.text, score=line.score, polygon=line.polygon),)


def _around(lines: Sequence[Line], size: tuple[int, int]) -> dict[str, Any]:
    boxes = [line.polygon.box for line in lines]
    left, top = min(box.x0 for box in boxes), min(box.y0 for box in boxes)
    right, bottom = max(box.x1 for box in boxes), max(box.y1 for box in boxes)
    return annotate.vertices(Polygon.clamped(((left, top), (right, top), (right, bottom), (left, bottom))), *size)
