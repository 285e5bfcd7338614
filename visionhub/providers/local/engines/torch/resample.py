"""Resizing as two products with matrices: the very weights of Pillow, or of SciPy, on any device.

A model was trained on pictures that some library made smaller, and its answers change with the library. What `transformers` does
with Pillow on the CPU happens here on the device, with the same weights and the same rounding after each pass. A matrix also
says which part of the resized picture is kept: rows that are left out are never computed, rows of zeros are black.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from PIL.Image import Resampling

Filter = Callable[[NDArray[np.float64]], NDArray[np.float64]]
# Pillow's weights are whole numbers of 1 / 2**22: src/libImaging/Resample.c.
PRECISION: Final = 1 << 22
_SINCE_13: Final = int(PIL.__version__.partition(".")[0]) >= 13


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(0.0, 1.0 - np.abs(x))


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    a, x = -0.5, np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def _box(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


FILTERS: Final[dict[int, tuple[Filter, float]]] = {
    Resampling.BILINEAR: (_triangle, 1.0),
    Resampling.BICUBIC: (_cubic, 2.0),
    Resampling.LANCZOS: (_lanczos, 3.0),
    Resampling.BOX: (_box, 0.5),
}


# Each may take tens of megabytes.
@lru_cache(maxsize=8)
def pillow(source: int, target: int, how: int, start: int = 0, count: int | None = None) -> NDArray[np.float64]:
    """Pillow's weights from `source` pixels to `target`, as a matrix: one row for each of `count` pixels from `start` on.

    `how` is one of Pillow's `Resampling`. Rows outside of the target are zero.
    """
    count = target if count is None else count
    matrix = np.zeros((count, source))
    rows = np.arange(max(start, 0), min(start + count, target))
    weight, reach = FILTERS[how]
    scale = source / target
    wide = max(scale, 1.0)
    centre = (rows + 0.5) * scale
    low = np.maximum((centre - reach * wide + 0.5).astype(np.int64), 0)
    high = np.minimum((centre + reach * wide + 0.5).astype(np.int64), source)
    at = low[:, None] + np.arange(int((high - low).max()))
    weights = np.where(at < high[:, None], weight((at - centre[:, None] + 0.5) / wide), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    row, tap = np.nonzero(weights)
    whole = np.trunc(weights[row, tap] * PRECISION + np.copysign(0.5, weights[row, tap])) / PRECISION
    matrix[rows[row] - start, at[row, tap]] = whole
    return matrix


@lru_cache(maxsize=8)
def scipy_zoom(source: int, target: int, filled: int) -> NDArray[np.float64]:
    """What SciPy's `gaussian_filter` and then `zoom` (order 1, `grid_mode`) do from `source` pixels to `target`, as a matrix.

    Only the first `filled` pixels of the source are not zero, and the matrix has columns for no others.
    """
    ratio = source / target
    sigma = max(0.0, (ratio - 1) / 2)
    radius = int(4.0 * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2) if radius else np.ones(1)
    bell /= bell.sum()
    place = (np.arange(target) + 0.5) * ratio - 0.5
    first = np.floor(place).astype(np.int64)
    matrix = np.zeros((target, source))
    for step, share in ((0, 1 - (place - first)), (1, place - first)):
        for offset, part in zip(range(-radius, radius + 1), bell, strict=True):
            at = _mirrored(_mirrored(first + step, source) + offset, source)
            np.add.at(matrix, (np.arange(target), at), share * part)
    return np.ascontiguousarray(matrix[:, :filled])


def _mirrored(at: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """SciPy's mode `mirror`: the edge itself is not repeated."""
    if size == 1:
        return np.zeros_like(at)
    period = 2 * size - 2
    at = np.abs(at) % period
    return np.where(at >= size, period - at, at)


def is_height_first(size: tuple[int, int], target: tuple[int, int]) -> bool:
    """Whether Pillow changes the height before the width, which rounding lets one see. Both are (height, width).

    Until Pillow 13 it never did; since then where that is less work.
    """
    less_high, less_wide = size[0] - target[0], size[1] - target[1]
    return _SINCE_13 and less_high > max(0, 2 * less_wide)


def resized(
    pixels: torch.Tensor,
    down: torch.Tensor | None,
    across: torch.Tensor | None,
    *,
    height_first: bool,
    whole: bool,
    dtype: torch.dtype,
) -> torch.Tensor:
    """`pixels`, shape `(height, width, 3)` and uint8, as `(3, height, width)` of the size the matrices say, values 0..255.

    Without a matrix a side stays as it is. With `whole`, values are rounded to whole numbers after each pass, as Pillow does.
    """
    planes = pixels.permute(2, 0, 1).to(dtype)
    for turn in (height_first, not height_first):
        matrix = down if turn else across
        if matrix is not None:
            planes = matrix @ planes if turn else planes @ matrix.T
            if whole:
                planes.add_(0.5).floor_().clamp_(0, 255)
    return planes
