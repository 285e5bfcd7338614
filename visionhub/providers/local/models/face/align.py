"""Least-squares similarity transforms and the square crops they give."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pixels = NDArray[np.uint8]


def fit_similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """Rotation, uniform scale and shift that bring `source` nearest to `target` (Umeyama 1991).

    Both are [n, 2]; the answer is a 2x3 matrix for `cv2.warpAffine`. A mirror image is never returned.
    """
    source_centre, target_centre = source.mean(axis=0), target.mean(axis=0)
    source_offset, target_offset = source - source_centre, target - target_centre
    u, singular, vt = np.linalg.svd(target_offset.T @ source_offset / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = u @ np.diag(signs) @ vt
    variance = float((source_offset**2).sum(axis=1).mean())
    linear = float((singular * signs).sum()) / max(variance, 1e-12) * rotation
    return np.hstack([linear, (target_centre - linear @ source_centre)[:, None]])


def crop(rgb: Pixels, matrix: NDArray[np.float64], side: int, *, smooth: bool = False) -> Pixels:
    """The `side` x `side` square that `matrix` maps `rgb` to; black outside the picture.

    `smooth` shrinks with area averaging first, which plain bilinear sampling needs below half size.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if smooth and scale < 0.5:
        height, width = rgb.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        ratio_x, ratio_y = width / size[0], height / size[1]
        to_original = np.array([[ratio_x, 0, (ratio_x - 1) / 2], [0, ratio_y, (ratio_y - 1) / 2], [0, 0, 1]])
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ to_original
    return np.asarray(cv2.warpAffine(rgb, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)
