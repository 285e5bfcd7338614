"""Where text is: PP-OCRv6's detector, a DB network, and the boxes around what it marks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines import onnx
from visionhub.providers.local.models.text.quad import Pixels, Quad, centred, level_quad, quad_size

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STRIDE: Final = 32
USUAL_SIDE: Final = 960
"""Of the longer side at first sight; PaddleOCR's own `limit_side_len`."""
LEAST_SIDE: Final = 32
MOST_ENLARGED: Final = 3.0

SMALL_TEXT: Final = 14.0
"""Pixels of height below which print is lost; then the page is looked at again with letters of `GOOD_TEXT`."""
GOOD_TEXT: Final = 20.0

NARROW: Final = 160
"""A picture narrower than this gets a margin: letters that touch the border are missed."""
TILE: Final = 1280
"""Larger inputs go through in tiles, which bounds memory."""
OVERLAP: Final = 96

MARKED: Final = 0.3
"""PaddleOCR's own `thresh`, `box_thresh` and about its `unclip_ratio`."""
CERTAIN: Final = 0.5
GROWTH: Final = 1.6
THINNEST: Final = 3.0

CERTAIN_IF_HUGE: Final = 0.75
"""A compact thing that fills much of a picture is more often an object, faintly marked, than lettering."""
HUGE: Final = 0.12
HUGE_LENGTH: Final = 2.5
LEAST_PICTURE: Final = 256


class Span(NamedTuple):
    """Where a tile lies along one side, and the part of it that is kept."""

    start: int
    end: int
    keep_from: int
    keep_to: int


def find_text(detector: InferenceSession, picture: Pixels, scale: float) -> list[Quad]:
    """Quads around lines of text, looked for at a scale, and again where that shows the print to be small."""
    quads = _find_at(detector, picture, scale)
    finer = _finer_scale(quads, scale)
    return quads if finer is None else _find_at(detector, picture, finer)


def first_scale(picture: Pixels) -> float:
    """A usual size for the longer side, but never so small that a strip loses its height; tiny pictures are enlarged."""
    shorter, longer = sorted(map(float, picture.shape[:2]))
    if shorter < LEAST_SIDE:
        return min(MOST_ENLARGED, LEAST_SIDE / shorter)
    return min(1.0, max(USUAL_SIDE / longer, LEAST_SIDE / shorter))


def _finer_scale(quads: list[Quad], scale: float) -> float | None:
    if scale >= 1 or not quads:
        return None
    seen = float(np.percentile([min(quad_size(quad)) for quad in quads], 25)) * scale
    return None if seen >= SMALL_TEXT else min(1.0, scale * GOOD_TEXT / seen)


def _find_at(detector: InferenceSession, picture: Pixels, scale: float) -> list[Quad]:
    height, width = picture.shape[:2]
    canvas, margin = _canvas(picture, scale)
    ratio = (np.array(canvas.shape[1::-1]) - 2 * margin) / (width, height)
    quads = _marked_quads(_mark(detector, canvas))
    return [np.clip((quad - margin) / ratio, 0, (width, height)).astype(np.float32) for quad in quads]


def _canvas(picture: Pixels, scale: float) -> tuple[Pixels, int]:
    """The picture at a size the network takes, and the width of the margin around it."""
    height, width = picture.shape[:2]
    size = [max(1, round(side * scale / STRIDE)) * STRIDE for side in (width, height)]
    scaled: Pixels = np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8
    )
    if min(height, width) * scale >= NARROW:
        return scaled, 0
    border = np.concatenate([scaled[0], scaled[-1], scaled[:, 0], scaled[:, -1]])
    colour = np.median(border, axis=0).tolist()
    framed = cv2.copyMakeBorder(scaled, STRIDE, STRIDE, STRIDE, STRIDE, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(framed, np.uint8), STRIDE


def _mark(detector: InferenceSession, canvas: Pixels) -> NDArray[np.float32]:
    """The probability of text at each pixel; the maps of tiles are joined."""
    height, width = canvas.shape[:2]
    if max(height, width) <= TILE:
        return _run(detector, canvas)
    marks = np.zeros((height, width), np.float32)
    for rows in _spans(height):
        for columns in _spans(width):
            tile = _run(detector, canvas[rows.start : rows.end, columns.start : columns.end])
            marks[rows.keep_from : rows.keep_to, columns.keep_from : columns.keep_to] = tile[
                rows.keep_from - rows.start : rows.keep_to - rows.start,
                columns.keep_from - columns.start : columns.keep_to - columns.start,
            ]
    return marks


def _spans(length: int) -> list[Span]:
    """Equal tiles over a length."""
    count = 1 if length <= TILE else -(-(length - OVERLAP) // (TILE - OVERLAP))
    size = -(-(length + OVERLAP * (count - 1)) // count)
    size = min(length, -(-size // STRIDE) * STRIDE)
    starts = [round((length - size) * index / max(1, count - 1)) for index in range(count)]
    joins = [(start + size + following) // 2 for start, following in pairwise(starts)]
    return [
        Span(start, start + size, keep_from, keep_to)
        for start, keep_from, keep_to in zip(starts, [0, *joins], [*joins, length], strict=True)
    ]


def _run(detector: InferenceSession, canvas: Pixels) -> NDArray[np.float32]:
    marks: NDArray[np.float32] = onnx.run(detector, {"x": centred(canvas)})[0, 0]
    return marks


def _marked_quads(marks: NDArray[np.float32]) -> list[Quad]:
    mask = cv2.dilate((marks > MARKED).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, nesting = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for index, outline in enumerate(outlines):
        is_hole = nesting[0][index][3] >= 0
        if is_hole:
            continue
        (x, y), (width, height), angle = cv2.minAreaRect(outline)
        if min(width, height) < THINNEST:
            continue
        least = CERTAIN_IF_HUGE if _is_huge((width, height), marks) else CERTAIN
        if _mean_inside(marks, level_quad((x, y), (width, height), angle)) < least:
            continue
        # The network marks the core of a line; its training shrank outlines by area / perimeter.
        grown = GROWTH * width * height / (width + height)
        quads.append(level_quad((x, y), (width + grown, height + grown), angle))
    return quads


def _is_huge(size: tuple[float, float], marks: NDArray[np.float32]) -> bool:
    side = min(marks.shape)
    return side >= LEAST_PICTURE and min(size) > HUGE * side and max(size) < HUGE_LENGTH * min(size)


def _mean_inside(marks: NDArray[np.float32], quad: Quad) -> float:
    height, width = marks.shape
    left, top = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(quad.max(axis=0)).astype(int), 0, (width - 1, height - 1)) + 1
    window = marks[top:bottom, left:right]
    inside = np.zeros(window.shape, np.uint8)
    cv2.fillConvexPoly(inside, (quad - (left, top)).astype(np.int32), (1,))
    return float(cv2.mean(window, inside)[0])
