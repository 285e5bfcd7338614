"""SSD detectors of the TensorFlow model zoo, in OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from visionhub.labels.coco import NAMES
from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines.opencv import NetPool
from visionhub.providers.local.models import Model, Models


def load(card: Card, models: Models) -> Model:
    """`params.side` is the side of the input in pixels.

    A net lays its anchors for the first input size that it sees, and would be silently wrong for another: all see this one.
    """
    files = models.files(card)
    pool = NetPool(lambda: cv2.dnn.readNetFromTensorflow(str(files["graph"]), str(files["config"])))
    side = int(card.params["side"])

    def detect(body: Mapping[str, Any]) -> dict[str, Any]:
        picture = body["image"].array()
        blob = cv2.dnn.blobFromImage(picture, size=(side, side))
        with pool.borrowed() as net:
            net.setInput(blob)
            rows = np.asarray(net.forward()[0, 0], np.float64)
        usual = card.params["min_score"]
        found = rows[rows[:, 2] > (usual if body["min_score"] is None else body["min_score"])]
        return {
            "objects": [
                {"id": str(int(number)), "name": NAMES[int(number)], "score": score, "box": corners}
                for _, number, score, *corners in found.tolist()
            ]
        }

    return detect
