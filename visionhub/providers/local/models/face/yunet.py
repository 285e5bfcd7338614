"""Face boxes and five landmarks with YuNet (OpenCV Zoo, MIT).

The network is fully convolutional: it takes a picture of any size whose sides are multiples of 32 and knows faces of about
10 to 300 pixels. So a picture is looked at twice, coarse (for large faces, and for steadier landmarks on them) and fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines import opencv
from visionhub.providers.local.models.face.align import Pixels

#: The order of the rows of `Face.landmarks`. Left and right are the subject's own.
LANDMARKS: Final = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")

FINE_SIDE: Final = 1280
COARSE: Final = 4
"""The coarse look is this many times smaller than the fine one."""
MAX_ENLARGEMENT: Final = 2.0
LARGEST_FINE_FACE: Final = 224.0
"""Pixels; box and landmarks of larger faces come from the coarse look."""

LARGE_FACE: Final = 64.0
"""Pixels in the fine look from which the strict threshold holds."""
LARGE_FACE_SCORE: Final = 0.9
"""OpenCV's own default (`FaceDetectorYN.create`); animals' faces reach 0.89."""
SMALL_FACE_SCORE: Final = 0.7
"""Small faces score lower by nature: their median is 0.85 below 24 pixels, 0.93 above 48."""

LOWEST_SCORE: Final = 0.3
NMS_IOU: Final = 0.3
STRIDES: Final = (8, 16, 32)
SMALLEST_SIDE: Final = 64
"""Of the input. With a side of 32 OpenCV 5.0.0.93's classic engine reads beyond its memory: wrong faces, even 1e29."""


class Face(NamedTuple):
    """Pixels of the upright picture, x right, y down."""

    box: tuple[float, float, float, float]
    """x0, y0, x1, y1, clamped to the picture."""
    landmarks: NDArray[np.float64]
    """[5, 2] in the order of `LANDMARKS`; may lie outside the picture when the face is cut by its edge."""
    score: float


def load(path: Path) -> opencv.NetPool:
    """The network."""
    return opencv.NetPool(lambda: opencv.classic_onnx(path))


def detect(
    pool: opencv.NetPool, rgb: Pixels, *, fine_side: int = FINE_SIDE, min_score: float | None = None
) -> list[Face]:
    """Faces, best first.

    `fine_side` is the longer side of the fine look: twice as large finds faces half as small in four times the time.
    Without `min_score` a face must reach 0.9, a small one (under 64 pixels in the fine look) 0.7.
    """
    height, width = rgb.shape[:2]
    fine = min(fine_side / max(height, width), MAX_ENLARGEMENT)
    coarse = min(fine_side / COARSE / max(height, width), MAX_ENLARGEMENT)
    rows = candidates(pool, rgb, coarse)
    unsteady = np.zeros(len(rows), bool)
    if fine > coarse:
        closer = candidates(pool, rgb, fine)
        rows = np.concatenate([rows, closer])
        unsteady = np.concatenate([unsteady, _sides(closer) * fine >= LARGEST_FINE_FACE])
    rows = suppress(rows, unsteady, NMS_IOU)
    if min_score is not None:
        return [_face(row, width, height) for row in rows if row[14] >= min_score]
    strict = np.where(_sides(rows) * fine < LARGE_FACE, SMALL_FACE_SCORE, LARGE_FACE_SCORE)
    return [_face(row, width, height) for row in rows[rows[:, 14] >= strict]]


def suppress(rows: NDArray[np.float64], unsteady: NDArray[np.bool_], iou: float) -> NDArray[np.float64]:
    """Non-maximum suppression of rows x0, y0, x1, y1, landmarks, score; best first.

    An unsteady row gives way to any other whatever its score, but leaves it that score.
    """
    rows = rows[np.lexsort((-rows[:, 14], unsteady))]
    area = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
    kept: list[int] = []
    rest = np.arange(len(rows))
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(int(best))
        low = np.maximum(rows[best, :2], rows[rest, :2])
        high = np.minimum(rows[best, 2:4], rows[rest, 2:4])
        overlap = np.clip(high - low, 0, None).prod(axis=1)
        apart = overlap <= iou * (area[best] + area[rest] - overlap)
        rows[best, 14] = max(rows[best, 14], rows[rest[~apart], 14].max(initial=0))
        rest = rest[apart]
    return rows[sorted(kept, key=lambda index: -rows[index, 14])]


def largest(faces: list[Face]) -> Face | None:
    """The face with the largest box, or None."""
    return max(faces, key=lambda face: (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]), default=None)


def candidates(pool: opencv.NetPool, rgb: Pixels, scale: float) -> NDArray[np.float64]:
    """Raw candidates [n, 15] of the picture resized by `scale`, in pixels of the picture itself."""
    height, width = rgb.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    columns, lines = (max(SMALLEST_SIDE, -(-side // 32) * 32) for side in size)
    canvas = np.zeros((lines, columns, 3), np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(rgb, size, interpolation=shrink)
    names = [f"{head}_{stride}" for stride in STRIDES for head in ("cls", "obj", "bbox", "kps")]
    blob = cv2.dnn.blobFromImage(canvas, swapRB=True)
    with pool.borrowed() as net:
        net.setInput(blob)
        outputs = dict(zip(names, net.forward(names), strict=True))
    rows = np.concatenate([_decode(outputs, stride, columns // stride) for stride in STRIDES])
    rows[:, 0:14:2] *= width / size[0]
    rows[:, 1:14:2] *= height / size[1]
    return rows


def _decode(outputs: Mapping[str, NDArray[Any]], stride: int, columns: int) -> NDArray[np.float64]:
    confidence, objectness, box, points = (
        outputs[f"{head}_{stride}"][0].astype(np.float64) for head in ("cls", "obj", "bbox", "kps")
    )
    score = np.sqrt(np.clip(confidence, 0, 1) * np.clip(objectness, 0, 1))[:, 0]
    kept = np.flatnonzero(score >= LOWEST_SCORE)
    cell = np.stack([kept % columns, kept // columns], axis=1)
    centre = (cell + box[kept, :2]) * stride
    half = np.exp(box[kept, 2:]) * stride / 2
    landmarks = (points[kept].reshape(-1, 5, 2) + cell[:, None]) * stride
    return np.hstack([centre - half, centre + half, landmarks.reshape(-1, 10), score[kept, None]])


def _sides(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(rows[:, 2] - rows[:, 0], rows[:, 3] - rows[:, 1]))


def _face(row: NDArray[np.float64], width: int, height: int) -> Face:
    x0, x1 = np.clip(row[[0, 2]], 0, width)
    y0, y1 = np.clip(row[[1, 3]], 0, height)
    return Face((float(x0), float(y0), float(x1), float(y1)), row[4:14].reshape(5, 2), float(row[14]))
