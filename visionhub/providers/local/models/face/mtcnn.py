"""MTCNN's cascade: the first net looks at whole pictures in many sizes, the others look again at what the one before let pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.weights import ready
from visionhub.providers.local.models.face.mtcnn_nets import Finisher, Proposer, Refiner

Numbers = NDArray[np.float64]

# The authors' own: how sure the first two nets must be, how far windows may overlap, how much smaller each look is than the one before.
SURE: Final = (0.6, 0.7)
OVERLAP_IN_A_LOOK, OVERLAP = 0.5, 0.7
STEP: Final = 0.709
STRIDE, WINDOW = 2, 12
LOWEST_SCORE: Final = 0.3
SMALLEST_FACE: Final = 20
"""Pixels."""
WINDOWS_AT_ONCE: Final = 256
"""This many go through a net together: it bounds the memory that they take."""


class Windows(NamedTuple):
    """Parts of a batch's pictures, as a net saw them.

    Whose they are (`owner`), where (boxes x0, y0, x1, y1 in pixels), how surely a face, by which shares of its size each edge is to move,
    and the face's points, shape `(k, 5, 2)`.
    """

    owner: NDArray[np.int64]
    boxes: Numbers
    scores: Numbers
    moves: Numbers
    points: Numbers

    def only(self, which: NDArray[Any]) -> Windows:
        """Some of them, by number or as yes and no."""
        return Windows(self.owner[which], self.boxes[which], self.scores[which], self.moves[which], self.points[which])

    def moved(self) -> Windows:
        """Where they are to be."""
        size = self.boxes[:, 2:] - self.boxes[:, :2]
        return self._replace(boxes=self.boxes + self.moves * np.hstack([size, size]))


class Cascade:
    """The three nets, on one device."""

    def __init__(self, files: Mapping[str, Path], place: Place) -> None:
        self._place = place
        self.proposer = ready(Proposer(), files["pnet"], place)
        self.refiner = ready(Refiner(), files["rnet"], place)
        self.finisher = ready(Finisher(), files["onet"], place)

    def find(self, pictures: Tensor) -> Windows:
        """Faces in pictures of bytes, shape `(n, h, w, 3)`: picture after picture, the best first. Boxes may reach beyond the edge."""
        sums = functional.pad(pictures, (0, 0, 1, 0, 1, 0)).cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)
        found = self._proposed(pictures.permute(0, 3, 1, 2).float()).moved()
        found = _apart(self._refined(self.refiner, sums, found, 24, SURE[1]), OVERLAP).moved()
        return _apart(self._refined(self.finisher, sums, found, 48, LOWEST_SCORE).moved(), OVERLAP, of_smaller=True)

    def _proposed(self, values: Tensor) -> Windows:
        size = np.array(values.shape[2:])
        looks = []
        for scale in _scales(int(size.min())):
            target = np.maximum(np.rint(size * scale), WINDOW).astype(int)
            scores, moves = self.proposer(self._shown(functional.interpolate(values, target.tolist(), mode="area")))
            owner, row, column = (scores >= SURE[0]).nonzero(as_tuple=True)
            place = torch.stack([owner, column, row], 1)
            sure = torch.cat([scores[owner, row, column, None], moves[owner, :, row, column]], 1)
            at, numbers = place.cpu().numpy(), sure.cpu().double().numpy()
            corner, ratio = at[:, 1:] * STRIDE, (size / target)[::-1]
            boxes = np.hstack([corner * ratio, (corner + WINDOW) * ratio])
            look = Windows(at[:, 0], boxes, numbers[:, 0], numbers[:, 1:], np.empty((len(at), 0, 2)))
            looks.append(_apart(look, OVERLAP_IN_A_LOOK))
        return _apart(Windows(*(np.concatenate(parts) for parts in zip(*looks, strict=True))), OVERLAP)

    def _refined(self, net: Any, sums: Tensor, found: Windows, side: int, sure: float) -> Windows:
        """Those of which the net is sure; it sees squares around the boxes."""
        corners, sides = _squares(found.boxes)
        cut = torch.from_numpy(np.column_stack([found.owner, corners, sides])).to(sums.device)
        starts = range(0, max(len(cut), 1), WINDOWS_AT_ONCE)
        some = (cut[start : start + WINDOWS_AT_ONCE] for start in starts)
        parts = [[part.cpu() for part in net(self._shown(_cut(sums, windows, side)))] for windows in some]
        scores, moves, *points = (torch.cat(part).double().numpy() for part in zip(*parts, strict=True))
        shares: Numbers = points[0].swapaxes(1, 2) if points else found.points
        placed = corners[:, None] + shares * sides[:, None, None]
        boxes = np.hstack([corners, corners + sides[:, None]]).astype(np.float64)
        return Windows(found.owner, boxes, scores, moves, placed).only(scores >= sure)

    def _shown(self, values: Tensor) -> Tensor:
        shown = (values - 127.5) / 128
        return shown.to(self._place.dtype, memory_format=self._place.layout)


def _scales(short: int) -> Iterator[float]:
    """By how much a picture is made smaller for each look, until a window is larger than it."""
    scale = WINDOW / SMALLEST_FACE
    while short * scale >= WINDOW:
        yield scale
        scale *= STEP


def _cut(sums: Tensor, squares: Tensor, side: int) -> Tensor:
    """Squares (owner, x, y, side) of pictures, each made `side` pixels large: every pixel is the mean of those that it covers.

    `sums` has for each place the sum of all that is above it and left of it, so that a mean takes four look-ups, however large the
    square. What is outside of the picture is black.
    """
    owner, x, y, whole = (column[:, None] for column in squares.unbind(1))
    steps = torch.arange(side, device=squares.device)
    low, high = steps * whole // side, -(-(steps + 1) * whole // side)
    (left, right), (top, bottom) = (
        [(start + edge).clamp(0, most - 1) for edge in (low, high)]
        for start, most in ((x, sums.shape[2]), (y, sums.shape[1]))
    )

    def above(rows: Tensor, columns: Tensor) -> Tensor:
        return sums[owner[:, :, None], rows[:, :, None], columns[:, None, :]]

    total = above(bottom, right) - above(top, right) - above(bottom, left) + above(top, left)
    span = high - low
    return (total / (span[:, :, None] * span[:, None, :])[..., None]).permute(0, 3, 1, 2)


def _squares(boxes: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The corners and the sides of squares around the middles of boxes."""
    size = boxes[:, 2:] - boxes[:, :2]
    sides = np.maximum(np.rint(size.max(axis=1, initial=1)), 1).astype(np.int64)
    corners = np.rint((boxes[:, :2] + boxes[:, 2:] - sides[:, None]) / 2).astype(np.int64)
    return corners, sides


def _apart(found: Windows, limit: float, *, of_smaller: bool = False) -> Windows:
    """Non-maximum suppression: of two that overlap by more than `limit` of both together, or of the smaller one, the better one."""
    boxes = found.boxes
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    order = np.lexsort((-found.scores, found.owner))
    kept: list[int] = []
    for of_one in np.split(order, np.flatnonzero(np.diff(found.owner[order])) + 1):
        rest = of_one
        while len(rest):
            best, rest = rest[0], rest[1:]
            kept.append(int(best))
            low, high = np.maximum(boxes[best, :2], boxes[rest, :2]), np.minimum(boxes[best, 2:], boxes[rest, 2:])
            shared = np.clip(high - low, 0, None).prod(axis=1)
            both = np.minimum(area[best], area[rest]) if of_smaller else area[best] + area[rest] - shared
            rest = rest[shared <= limit * both]
    return found.only(np.array(kept, np.int64))
