"""Quadrilaterals: float32 `[4, 2]`, in pixels, clockwise from the start of the text's upper edge; and pictures cut out of them."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Quad: TypeAlias = NDArray[np.float32]

MUCH_SMALLER: Final = 0.6
"""From here on a bilinear warp would skip pixels, so large letters are averaged down first."""


def level_quad(centre: tuple[float, float], size: tuple[float, float], angle: float) -> Quad:
    """The corners of a rotated rectangle, from the corner that is top left when it is tilted by less than 45 degrees."""
    width, height = size
    turns = round(angle / 90)
    angle -= 90 * turns
    if turns % 2:
        width, height = height, width
    radians = np.deg2rad(angle)
    along = np.array([np.cos(radians), np.sin(radians)]) * width / 2
    down = np.array([-np.sin(radians), np.cos(radians)]) * height / 2
    middle = np.array(centre)
    return np.array(
        [middle - along - down, middle + along - down, middle + along + down, middle - along + down], np.float32
    )


def quad_size(quad: Quad) -> tuple[float, float]:
    """Length along the text, and height across it."""
    return float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[3] - quad[0])))


def elongation(quad: Quad) -> float:
    """Above 1 for a quad wider than high."""
    width, height = quad_size(quad)
    return width / max(height, 1e-6)


def slice_quad(quad: Quad, start: float, end: float) -> Quad:
    """The part between two fractions of the way along the text."""
    upper, lower = quad[1] - quad[0], quad[2] - quad[3]
    return np.array(
        [quad[0] + start * upper, quad[0] + end * upper, quad[3] + end * lower, quad[3] + start * lower], np.float32
    )


def turn_quad(quad: Quad, turns: int) -> Quad:
    """The same corners, begun so that the text in them runs `turns` quarter turns clockwise of before."""
    return np.roll(quad, -turns, axis=0)


def unturn_points(points: NDArray[np.float32], turns: int, width: int, height: int) -> NDArray[np.float32]:
    """Points in `np.rot90(picture, turns)` back to the picture itself, which is `width` by `height`."""
    x, y = points[..., 0], points[..., 1]
    turned = ((x, y), (width - y, x), (width - x, height - y), (y, height - x))
    return np.stack(turned[turns % 4], axis=-1)


def cut_quad(picture: Pixels, quad: Quad, height: int) -> Pixels:
    """The text inside a quad, laid level and scaled to a height."""
    length, thickness = quad_size(quad)
    width = max(1, round(height * length / max(thickness, 1.0)))
    left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 3
    patch = picture[top:bottom, left:right]
    corners = quad - (left, top)
    shrink = height / thickness
    if shrink < MUCH_SMALLER:
        size = max(1, round(patch.shape[1] * shrink * 1.25)), max(1, round(patch.shape[0] * shrink * 1.25))
        corners = corners * (size[0] / patch.shape[1], size[1] / patch.shape[0])
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8)
    target = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    transform = cv2.getAffineTransform(corners[[0, 1, 3]].astype(np.float32), target)
    level = cv2.warpAffine(patch, transform, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(level, np.uint8)


def centred(picture: Pixels) -> NDArray[np.float32]:
    """RGB to what both networks take: `[1, 3, height, width]`, BGR, -1..1."""
    return np.asarray(cv2.dnn.blobFromImage(picture, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True), np.float32)
