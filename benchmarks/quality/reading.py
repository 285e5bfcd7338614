"""Character error rates of texts, by jiwer: case, space and punctuation do not count.

Three rules, by what a row's label knows: texts as they are read; blocks whose order is not labelled (`by_blocks`); lines or
words whose places are labelled and whose order means nothing (`by_places`). Every character that is changed, missing or
invented counts under all of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import jiwer
from rapidfuzz.fuzz import partial_ratio_alignment

from benchmarks.quality.data import Row
from visionhub import Text
from visionhub.tasks.ocr import Line, Word


def plain(text: str) -> str:
    """The letters, marks and digits of a text, in compatibility form and without case."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] not in "PSZC")


def error_rate(label: str, read: str) -> float:
    """Wrong characters over labelled characters; more than 1 if much is invented."""
    return float(jiwer.cer(plain(label), plain(read)))


def by_blocks(row: Row, answer: Text) -> float:
    """The error rate after the labelled blocks, which empty lines part, are put in the order in which they were read."""
    text = plain(answer.text)

    def place(block: str) -> int:
        found = partial_ratio_alignment(block, text)
        return found.dest_start if found else 0

    return error_rate("".join(sorted((plain(block) for block in row["text"].split("\n\n")), key=place)), text)


def by_places(row: Row, answer: Text) -> float:
    """The error rate after the read words are put in the order of the labelled places.

    A word belongs to the place nearest to its middle, and words of one place stand from left to right. A word further off
    than the place is high was invented, and comes last. What lies in a place to be ignored is left out.
    """
    places = [Place.of(known) for known in row.get("lines") or row["words"]]
    found: list[list[tuple[float, str]]] = [[] for _ in places]
    invented: list[str] = []
    for word in words(answer.lines):
        x, y = word.polygon.box.center.pixels(row["width"], row["height"])
        gaps = [place.gap(x, y) for place in places]
        nearest = gaps.index(min(gaps))
        if gaps[nearest] <= places[nearest].y1 - places[nearest].y0:
            found[nearest].append((x, word.text))
        else:
            invented.append(word.text)
    kept = [(place.text, sorted(each)) for place, each in zip(places, found, strict=True) if not place.ignore]
    read = [text for _, each in kept for _, text in each]
    return error_rate("".join(text for text, _ in kept), "".join(read + invented))


class Place(NamedTuple):
    """A labelled line or word; its rectangle in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    ignore: bool

    @classmethod
    def of(cls, known: Row) -> Place:
        xs, ys = known["quad"][0::2], known["quad"][1::2]
        return cls(min(xs), min(ys), max(xs), max(ys), known["text"], bool(known.get("ignore")))

    def gap(self, x: float, y: float) -> float:
        """How far a point lies outside, sideways or up and down; 0 inside."""
        return max(self.x0 - x, x - self.x1, self.y0 - y, y - self.y1, 0.0)


def words(lines: Iterable[Line]) -> list[Word | Line]:
    """All words; of a line whose words are not known, the line."""
    return [word for line in lines for word in line.words or (line,)]
