"""dlib's face chips without dlib: the same crops, so that networks trained on them see what they know.

Follows `chip_details`, `extract_image_chips` and `pyramid_down<2>` of dlib's image_transforms, including the half pixel by
which its pyramid moves the picture at every level.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.models.face.align import Pixels, Points, fit_similarity

PADDING: Final = 0.2
KERNEL: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
LEVEL_OFFSET: Final = (1.25, 0.75)
"""`pyramid_down<2>::point_down` takes point p of a picture to p / 2 - this of the next level."""


def extract(rgb: Pixels, landmarks: Points, mean_face: Points, side: int) -> Pixels:
    """The upright `side` x `side` chip; `mean_face` says where in the unit square of the mean face the landmarks lie."""
    transform = fit_similarity((mean_face + PADDING) / (1 + 2 * PADDING) * side, landmarks)
    axes = transform[:, :2] / np.sqrt(np.linalg.det(transform[:, :2]))
    span = side * float(np.sqrt(np.linalg.det(transform[:, :2]))) - 1
    centre = transform[:, :2] @ np.full(2, side / 2) + transform[:, 2]
    level, corner = _surroundings(rgb, centre, span, side)
    centre = centre - corner
    while (span / 2 + 1) ** 2 > side**2:
        level, centre, span = _halve(level), centre / 2 - np.array(LEVEL_OFFSET), span / 2
    linear = axes * (span / (side - 1))
    to_level = np.hstack([linear, (centre - linear @ np.full(2, (side - 1) / 2))[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(level, to_level, (side, side), flags=flags), np.uint8)


def _surroundings(rgb: Pixels, centre: Points, span: float, side: int) -> tuple[Pixels, NDArray[np.float64]]:
    """The part of the picture that can reach the chip, and its top left corner."""
    reach = span * 0.75 + 8 * (span / side + 1)
    low = np.clip(np.floor(centre - reach), 0, np.array(rgb.shape[1::-1]) - 1).astype(int)
    high = np.clip(np.ceil(centre + reach), low + 1, rgb.shape[1::-1]).astype(int)
    return rgb[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)


def _halve(picture: Pixels) -> Pixels:
    """Blur, then every second pixel from the third on; the border that the kernel cannot cover is lost."""
    height, width = (max(1, (size - 3) // 2) for size in picture.shape[:2])
    blurred = cv2.sepFilter2D(picture, -1, np.array(KERNEL), np.array(KERNEL))
    start = [min(2, size - 1) for size in picture.shape[:2]]
    return np.ascontiguousarray(np.asarray(blurred, np.uint8)[start[0] :: 2, start[1] :: 2][:height, :width])
