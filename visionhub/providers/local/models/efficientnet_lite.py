"""EfficientNet-Lite, ImageNet classification (Google, 2020)."""

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


def load(card: Card, models: Models) -> Model:
    """`params.side` is the side of the input in pixels."""
    files = models.files(card)
    session = onnx.session(translate(files["graph"].read_bytes()), models.threads)
    classes = _read_classes(files["names"], files["wnids"])
    side = int(card.params["side"])

    def classify(body: Mapping[str, Any]) -> dict[str, Any]:
        scores = onnx.run(session, {"images": prepare(body["image"].rgb(), side)})[0]
        best = np.argsort(-scores, kind="stable")[: body["count"] or card.params["max_results"]]
        return {"classes": [{**classes[index], "score": float(scores[index])} for index in best]}

    return classify


def prepare(picture: Image.Image, side: int) -> NDArray[np.float32]:
    """The central square, shape `(1, 3, side, side)`, `(value - 127) / 128`."""
    crop = max(1, int(side / (side + CROP_PADDING) * min(picture.size)))
    left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
    square = picture.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + crop, top + crop))
    pixels = np.asarray(square, np.float32)
    return np.ascontiguousarray(((pixels - MEAN) / SPREAD).transpose(2, 0, 1)[None])


def _read_classes(names: Path, wnids: Path) -> list[dict[str, Any]]:
    lines = names.read_text(encoding="utf-8").splitlines()
    numbers = wnids.read_text(encoding="ascii").split()
    return [{"id": wnid, "name": line.partition(",")[0].strip()} for wnid, line in zip(numbers, lines, strict=True)]
