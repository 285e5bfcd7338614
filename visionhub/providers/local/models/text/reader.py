"""A picture to lines in reading order: the page turned upright, what is not sure left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from visionhub.providers.local.models.text.detector import find_text, first_scale
from visionhub.providers.local.models.text.layout import arrange
from visionhub.providers.local.models.text.line import Line, Word, evidence, make_line
from visionhub.providers.local.models.text.quad import (
    Pixels,
    Quad,
    cut_quad,
    elongation,
    quad_size,
    turn_quad,
    unturn_points,
)
from visionhub.providers.local.models.text.recogniser import HEIGHT, Recogniser, read_strips

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DOUBTFUL: Final = 0.9
"""A line read with less is tried upside down as well."""

LEAST_SCORE: Final = 0.75
LEAST_SHORT_SCORE: Final = {1: 0.96, 2: 0.9, 3: 0.9}
"""By number of letters: few letters are easily imagined in a shape, so they must be read with more certainty."""

TALL: Final = 1 / 1.5
VERY_TALL: Final = 1 / 2.5
"""Width over height below which a line may stand, or must stand, on its side."""

SAMPLE: Final = 6
TELLING_LENGTH: Final = 12.0
CLEARLY: Final = 1.5
"""How a page stands is shown by this many of its long lines, if one way reads this many times better than upright."""

CLOSER: Final = 2.5
BLUR: Final = 0.05
"""Of the picture's area: so much found and not read is a reason to look closer."""

LINE_SHAPED: Final = 2.5
SHORT_LINE_SHAPED: Final = 1.3
SHORT: Final = 160
LEAST_WHOLE_SCORE: Final = 0.85
LEAST_WHOLE_LETTERS: Final = 3

LEAST_SIDE: Final = 4


class Networks(NamedTuple):
    """Run from any number of threads at once."""

    detector: InferenceSession
    recogniser: Recogniser


class Reading(NamedTuple):
    """A line, and the quarter turns clockwise at which it stands in the picture."""

    line: Line
    turns: int


class Page(NamedTuple):
    """What was read once the page was turned back.

    turns    the quarter turns clockwise at which it stood
    read     the area of what was read; `unread`, of what was found and could not be
    """

    readings: list[Reading]
    turns: int
    read: float
    unread: float


def read_text(networks: Networks, picture: Pixels) -> list[dict[str, Any]]:
    """Lines in an RGB picture, in reading order: `{text, score, polygon, block, words: [{text, score, polygon}]}`.

    Polygons are four `[x, y]` in pixels, clockwise from the top left corner of the text as it is read.
    """
    height, width = picture.shape[:2]
    if min(height, width) < LEAST_SIDE:
        return []
    page = _read_page(networks, picture)

    def placed(part: Line | Word) -> dict[str, Any]:
        points = np.clip(unturn_points(part.quad, page.turns, width, height), 0, (width, height))
        return {"text": part.text, "score": part.score, "polygon": points.tolist()}

    return [
        {**placed(line), "block": number, "words": [placed(word) for word in line.words]}
        for number, block in enumerate(arrange([reading.line for reading in page.readings]))
        for line in block
    ]


def _read_page(networks: Networks, picture: Pixels) -> Page:
    scale = first_scale(picture)
    page = _read_at(networks, picture, scale)
    least = max(page.read, BLUR * picture.shape[0] * picture.shape[1])
    if scale < 1 and (not page.readings or page.unread > least):
        # Print too small for this scale runs together into large patches that cannot be read, or is not seen at all.
        closer = _read_at(networks, picture, min(1.0, CLOSER * scale))
        page = max(page, closer, key=lambda page: evidence([reading.line for reading in page.readings]))
    return page._replace(readings=_better_whole(networks, picture, page))


def _read_at(networks: Networks, picture: Pixels, scale: float) -> Page:
    """What is read with certainty once the page stands upright."""
    telling, others = _split_telling(find_text(networks.detector, picture, scale))
    readings = _read_quads(networks, picture, telling)
    turns = _page_turns(readings)
    if turns:
        picture = np.ascontiguousarray(np.rot90(picture, turns))
        others, readings = find_text(networks.detector, picture, scale), []
    readings += _read_quads(networks, picture, others)
    sure = [reading for reading in readings if _is_sure(reading.line)]
    read = _total_area(sure)
    return Page(sure, turns, read, _total_area(readings) - read)


def _total_area(readings: Sequence[Reading]) -> float:
    return sum(float(np.prod(quad_size(reading.line.quad))) for reading in readings)


def _is_sure(line: Line) -> bool:
    return line.score >= LEAST_SHORT_SCORE.get(line.letters, LEAST_SCORE)


def _split_telling(quads: Sequence[Quad]) -> tuple[list[Quad], list[Quad]]:
    """A few long lines, which show how the page stands, and the others."""
    ranked = sorted(quads, key=lambda quad: min(TELLING_LENGTH, _longness(quad)), reverse=True)
    return ranked[:SAMPLE], ranked[SAMPLE:]


def _longness(quad: Quad) -> float:
    ratio = elongation(quad)
    return max(ratio, 1 / max(ratio, 1e-6))


def _page_turns(sample: Sequence[Reading]) -> int:
    weight = [
        evidence([reading.line for reading in sample if reading.turns == turns and _is_sure(reading.line)])
        for turns in range(4)
    ]
    best = int(np.argmax(weight))
    return best if weight[best] > CLEARLY * weight[0] else 0


def _read_quads(networks: Networks, picture: Pixels, quads: Sequence[Quad]) -> list[Reading]:
    """Each quad read the way round that makes most sense."""
    tries = [(index, turns) for index, quad in enumerate(quads) for turns in _likely_turns(quad)]
    best = _best_readings(networks, picture, quads, tries, {})
    doubtful = [
        (index, 2)
        for index, reading in best.items()
        if reading.turns == 0 and reading.line.score < DOUBTFUL and elongation(quads[index]) > 1
    ]
    best = _best_readings(networks, picture, quads, doubtful, best)
    return [best[index] for index in range(len(quads))]


def _likely_turns(quad: Quad) -> tuple[int, ...]:
    ratio = elongation(quad)
    if ratio >= TALL:
        return (0,)
    return (1, 3) if ratio < VERY_TALL else (0, 1, 3)


def _best_readings(
    networks: Networks,
    picture: Pixels,
    quads: Sequence[Quad],
    tries: Sequence[tuple[int, int]],
    known: dict[int, Reading],
) -> dict[int, Reading]:
    turned = [turn_quad(quads[index], turns) for index, turns in tries]
    letters = read_strips(networks.recogniser, [cut_quad(picture, quad, HEIGHT) for quad in turned])
    best = dict(known)
    for (index, turns), quad, found in zip(tries, turned, letters, strict=True):
        reading = Reading(make_line(found, quad), turns)
        if index not in best or evidence([reading.line]) > evidence([best[index].line]):
            best[index] = reading
    return best


def _better_whole(networks: Networks, picture: Pixels, page: Page) -> list[Reading]:
    """A strip cut closely around one line leaves the detector no background: then the whole picture is tried as a line."""
    height, width = picture.shape[:2]
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    least = SHORT_LINE_SHAPED if min(height, width) <= SHORT else LINE_SHAPED
    doubtful = len(page.readings) < 2 and all(reading.line.score < DOUBTFUL for reading in page.readings)
    if page.turns or _longness(whole) < least or not doubtful:
        return page.readings
    reading = _read_quads(networks, picture, [whole])[0]
    sure = reading.line.score >= LEAST_WHOLE_SCORE and reading.line.letters >= LEAST_WHOLE_LETTERS
    better = evidence([reading.line]) > evidence([known.line for known in page.readings])
    return [reading] if sure and better else page.readings
