"""Lines of text from Google's pages, which have none: from the breaks after words, or from the words of a whole text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from visionhub.geometry import Point, Polygon
from visionhub.providers.google import annotate
from visionhub.tasks.ocr import Line, Word

# By number: https://cloud.google.com/vision/docs/reference/rest/v1/AnnotateImageResponse#breaktype
BREAKS = ("UNKNOWN", "SPACE", "SURE_SPACE", "EOL_SURE_SPACE", "HYPHEN", "LINE_BREAK")
ENDS = {"EOL_SURE_SPACE", "LINE_BREAK", "HYPHEN", 3, 5, 4}
# At a line's end, and not in the text of its word.
HYPHENS = {"HYPHEN", 4}
SPACES = {"SPACE", "SURE_SPACE", 1, 2}


def of_page(page: Mapping[str, Any], number: int, size: tuple[int, int]) -> Iterator[Line]:
    """A page's lines, in the order of its blocks; `size` in pixels, where the page does not tell its own."""
    width, height = page.get("width") or size[0], page.get("height") or size[1]
    for place, block in enumerate(page.get("blocks", ())):
        for paragraph in block.get("paragraphs", ()):
            words: list[Word] = []
            text = ""
            said: Mapping[str, Any] = {}
            for said in paragraph.get("words", ()):
                word, ending = _word(said, width, height)
                words.append(word)
                text += word.text
                if ending in SPACES:
                    text += " "
                if ending in ENDS:
                    language = _language(said, paragraph, block, page)
                    yield _line(text + "-" * (ending in HYPHENS), words, place, number, language)
                    words, text = [], ""
            if words:
                yield _line(text, words, place, number, _language(said, paragraph, block, page))


def of_words(said: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> Iterator[Line]:
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


def _word(said: Mapping[str, Any], width: int, height: int) -> tuple[Word, Any]:
    symbols = said.get("symbols", ())
    ending = symbols[-1].get("property", {}).get("detectedBreak", {}).get("type") if symbols else None
    text = "".join([symbol.get("text", "") for symbol in symbols])
    outline = annotate.outline(said["boundingBox"], width, height)
    return Word(text=text, score=said.get("confidence"), polygon=outline), ending


def _line(text: str, words: Sequence[Word], block: int, page: int, language: str | None) -> Line:
    scores = [word.score for word in words if word.score is not None]
    return Line(
        text=text.strip(), score=sum(scores) / len(scores) if scores else None,
        polygon=_around(words[0].polygon.points, words[-1].polygon.points),
        block=block, page=page, language=language, words=tuple(words),
    )  # fmt: skip


def _around(first: Sequence[Point], last: Sequence[Point]) -> Polygon:
    """From a line's first word to its last: on a turned page too, where words run to the left, and where they run down."""
    if not len(first) == len(last) == 4:
        return Polygon((*first, *last))
    edge = first[1].x - first[0].x, first[1].y - first[0].y
    way = last[0].x - first[0].x, last[0].y - first[0].y
    along, across = edge[0] * way[0] + edge[1] * way[1], edge[0] * way[1] - edge[1] * way[0]
    if abs(across) > abs(along):
        return Polygon((first[0], first[1], last[2], last[3]))
    if along < 0:
        first, last = last, first
    return Polygon((first[0], last[1], last[2], first[3]))


def _language(*places: Mapping[str, Any]) -> str | None:
    """The first that is told, from the nearest place outward."""
    for place in places:
        if known := place.get("property", {}).get("detectedLanguages"):
            return known[0].get("languageCode") or None
    return None
