"""Letters to a line and its words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from visionhub.providers.local.models.text.quad import Quad, elongation, slice_quad
from visionhub.providers.local.models.text.recogniser import Letter

LEAST_LETTERS: Final = 0.25
"""For each height of the line that it is long: in a script it does not know the recogniser finds a few sure marks."""


class Word(NamedTuple):
    """A word and where it is."""

    text: str
    score: float
    quad: Quad


class Line(NamedTuple):
    """`score` is the mean of its letters', or 0 if they cannot be what stands there."""

    text: str
    score: float
    quad: Quad
    words: tuple[Word, ...]

    @property
    def letters(self) -> int:
        """How many there are, spaces apart."""
        return sum(len(word.text) for word in self.words)


def make_line(letters: Sequence[Letter], quad: Quad) -> Line:
    """The line that was read in a quad."""
    visible = [letter for letter in letters if not letter.text.isspace()]
    words = _words(letters, quad)
    text = " ".join(word.text for word in words)
    score = float(np.mean([letter.score for letter in visible])) if _is_readable(visible, quad) else 0.0
    return Line(text, score, quad, words)


def _is_readable(visible: Sequence[Letter], quad: Quad) -> bool:
    """Whether the letters can fill the line."""
    return len(visible) > 0 and len(visible) >= LEAST_LETTERS * elongation(quad)


def _words(letters: Sequence[Letter], quad: Quad) -> tuple[Word, ...]:
    groups = _split_at_spaces(letters)
    edges = _edges(groups)
    return tuple(
        Word(
            "".join(letter.text for letter in group),
            float(np.mean([letter.score for letter in group])),
            slice_quad(quad, start, end),
        )
        for group, (start, end) in zip(groups, edges, strict=True)
    )


def _split_at_spaces(letters: Sequence[Letter]) -> list[list[Letter]]:
    groups: list[list[Letter]] = [[]]
    for letter in letters:
        if letter.text.isspace():
            groups.append([])
        else:
            groups[-1].append(letter)
    return [group for group in groups if group]


def _edges(groups: Sequence[Sequence[Letter]]) -> list[tuple[float, float]]:
    """Where words start and end: half a letter beyond the middles of their first and last letters."""
    steps = [after.place - before.place for group in groups for before, after in pairwise(group)]
    half = float(np.median(steps)) / 2 if steps else 0.5
    edges = []
    for index, group in enumerate(groups):
        room_before = (group[0].place - groups[index - 1][-1].place) / 2 if index else group[0].place
        is_last = index + 1 == len(groups)
        room_after = 1 - group[-1].place if is_last else (groups[index + 1][0].place - group[-1].place) / 2
        edges.append((group[0].place - min(half, room_before), group[-1].place + min(half, room_after)))
    return edges


def evidence(lines: Sequence[Line]) -> float:
    """How many letters were read, counted by how sure they are."""
    return sum(line.score * line.letters for line in lines)
