"""128-d face embeddings and their comparison with SFace (OpenCV Zoo, Apache-2.0)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines import opencv
from visionhub.providers.local.models.face.align import Pixels, Points, crop, fit_similarity

#: Where right eye, left eye, nose tip, right and left mouth corner lie in the 112-pixel crop (ArcFace's template, as in
#: OpenCV's `FaceRecognizerSF::alignCrop`).
TEMPLATE: Final = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
SIDE: Final = 112

SAME_COSINE: Final = 0.363
"""Published by OpenCV for this network, found on LFW: same person from this cosine on."""
SAME_DISTANCE: Final = float(np.sqrt(2 - 2 * SAME_COSINE))
"""The same threshold as a Euclidean distance of unit vectors: 1.1287 (OpenCV rounds it to 1.128)."""


def load(path: Path) -> opencv.NetPool:
    """The network. OpenCV 5's new engine takes the file's unused weight inputs for real ones; the classic one does not."""
    return opencv.NetPool(lambda: opencv.classic_onnx(path))


def align(rgb: Pixels, landmarks: Points) -> Pixels:
    """The upright 112 x 112 crop of a face, from landmarks in YuNet's order."""
    return crop(rgb, fit_similarity(landmarks, np.array(TEMPLATE)), SIDE)


def embed(pool: opencv.NetPool, rgb: Pixels, landmarks: Points) -> NDArray[np.float32]:
    """A unit vector of 128 numbers."""
    blob = cv2.dnn.blobFromImage(align(rgb, landmarks))
    with pool.borrowed() as net:
        net.setInput(blob)
        vector = np.asarray(net.forward()).reshape(-1)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Euclidean distance of two unit vectors, 0..2."""
    return float(np.linalg.norm(a.astype(np.float64) - b))


def similarity(distance: float) -> float:
    """0..1, falling with the distance; 0.5 exactly at the threshold, 1 for equal vectors, 0 for opposite ones.

    Piecewise linear in the cosine, so nearer pairs keep their order and 0.5 reads as "undecided".
    """
    cosine = 1 - distance**2 / 2
    if cosine >= SAME_COSINE:
        return min(1.0, 0.5 + 0.5 * (cosine - SAME_COSINE) / (1 - SAME_COSINE))
    return max(0.0, 0.5 * (cosine + 1) / (SAME_COSINE + 1))
