"""EfficientNet-Lite (Google, 2020): the classes of ImageNet, or what its last layer sees of a picture, as a vector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines import onnx
from visionhub.providers.local.engines.tflite import translate
from visionhub.providers.local.models import Model, Models

# As the model was trained and calibrated: google's export_model.py in tensorflow/tpu, models/official/efficientnet.
MEAN, SPREAD = np.float32(127), np.float32(128)
CROP_PADDING = 32
TINY = 1e-12


def load(card: Card, models: Models) -> Model:
    """`params.side` is the side of the input in pixels. Both tasks share one session."""
    files = models.files(card)
    session = models.once(files["graph"], lambda: onnx.session(translate(files["graph"].read_bytes()), models.threads))
    side = int(card.params["side"])

    def embed(body: Mapping[str, Any]) -> dict[str, Any]:
        features = onnx.run(session, {"images": squeeze(body["image"].rgb(), side)}, "features")[0]
        return {"vector": (features / max(float(np.linalg.norm(features)), TINY)).tolist()}

    if card.task == "embed":
        return embed
    classes = read_classes(files)

    def classify(body: Mapping[str, Any]) -> dict[str, Any]:
        scores = onnx.run(session, {"images": prepare(body["image"].rgb(), side)}, "scores")[0]
        best = np.argsort(-scores, kind="stable")[: body["count"] or card.params["max_results"]]
        return {"classes": [{**classes[index], "score": float(scores[index])} for index in best]}

    return classify


def prepare(picture: Image.Image, side: int) -> NDArray[np.float32]:
    """The central square, shape `(1, 3, side, side)`, `(value - 127) / 128`."""
    crop = max(1, int(side / (side + CROP_PADDING) * min(picture.size)))
    left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
    return _scaled(picture.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + crop, top + crop)))


def squeeze(picture: Image.Image, side: int) -> NDArray[np.float32]:
    """All of the picture, else as `prepare`: a vector is to tell of its edges too."""
    return _scaled(picture.resize((side, side), Image.Resampling.BICUBIC))


def read_classes(files: Mapping[str, Path]) -> list[dict[str, Any]]:
    """WordNet id and name of each class, from the files `names` and `wnids`."""
    lines = files["names"].read_text(encoding="utf-8").splitlines()
    numbers = files["wnids"].read_text(encoding="ascii").split()
    return [{"id": wnid, "name": line.partition(",")[0].strip()} for wnid, line in zip(numbers, lines, strict=True)]


def _scaled(square: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(square, np.float32)
    return np.ascontiguousarray(((pixels - MEAN) / SPREAD).transpose(2, 0, 1)[None])
