"""Character error rates of texts, by jiwer: case, space and punctuation do not count."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import jiwer
from rapidfuzz.fuzz import partial_ratio_alignment

from benchmarks.quality.data import Row
from visionhub import Box, Text
from visionhub.tasks.ocr import Line, Word


def plain(text: str) -> str:
    """The letters, marks and digits of a text, in compatibility form and without case."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] not in "PSZC")


def error_rate(label: str, read: str) -> float:
    """Changed, missing and invented characters over labelled characters; more than 1 if much is invented."""
    return float(jiwer.cer(plain(label), plain(read)))


def in_read_order(label: str, read: str) -> str:
    """The labelled blocks, which empty lines part, in the order in which they stand in the read text.

    For pages of several columns whose label has no order of its own.
    """
    text = plain(read)

    def place(block: str) -> int:
        found = partial_ratio_alignment(block, text)
        return found.dest_start if found else 0

    return "".join(sorted((plain(block) for block in label.split("\n\n")), key=place))


def in_label_order(row: Row, answer: Text) -> str:
    """The read words in the order of the labelled lines, for receipts, where a label has places but no order.

    A word belongs to the labelled line nearest to its middle, and words of a line stand from left to right. What lies in no
    labelled line, by more than half its height, is invented: it comes last.
    """
    lines = [quad_box(known["quad"], row["width"], row["height"]) for known in row["lines"]]
    read: list[list[tuple[float, str]]] = [[] for _ in (*lines, "nowhere")]
    for word in words(answer.lines):
        middle = word.polygon.box.center
        gaps = [gap(line, middle.x, middle.y) for line in lines]
        nearest = min(range(len(lines)), key=gaps.__getitem__)
        read[nearest if gaps[nearest] <= lines[nearest].height / 2 else -1].append((middle.x, word.text))
    return " ".join(text for line in read for _, text in sorted(line))


def words(lines: Iterable[Line]) -> list[Word | Line]:
    """All words; of a line whose words are not known, the line."""
    return [word for line in lines for word in line.words or (line,)]


def quad_box(quad: Sequence[float], width: int, height: int) -> Box:
    xs, ys = quad[0::2], quad[1::2]
    return Box.clamped(min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height)


def gap(box: Box, x: float, y: float) -> float:
    """How far a point lies outside a box, sideways or up and down; 0 inside."""
    return max(box.x0 - x, x - box.x1, box.y0 - y, y - box.y1, 0.0)
