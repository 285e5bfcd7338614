"""What decoding large JPEGs at a part of their size changes: EfficientNet-Lite0 on ImageNet pictures of three times their size, decoded in full, and as for models on PyTorch."""

from __future__ import annotations

import io
import time

import PIL.Image

from benchmarks.figures import Figures
from benchmarks.quality.data import local, rows
from visionhub import Image, Labels

LARGER = 3
SEEN = 256
KEPT = 2
"""As engines/torch/pictures.py has it: a picture is decoded at no less than twice the size that the model sees."""


def measure() -> Figures:
    """See the module."""
    hub = local("classify")
    chosen = [row for row in rows("classify") if row["dataset"] == "imagenet-1k"]
    right, same, apart, taken = {"full": 0, "part": 0}, 0, 0.0, {"full": 0.0, "part": 0.0}
    for row in chosen:
        stored = _enlarged(row["file"])
        found: dict[str, Labels] = {}
        for name in ("full", "part"):
            started, image = time.perf_counter(), Image(stored)
            decoded = image.rgb() if name == "full" else image.reduced(KEPT * SEEN, KEPT * SEEN)
            taken[name] += time.perf_counter() - started
            found[name] = hub.classify(decoded, model="efficientnet-lite0")
            right[name] += found[name].labels[0].id == row["wnid"]
        first = [found[name].labels[0] for name in ("full", "part")]
        same += first[0].id == first[1].id
        scores = {label.id: label.score or 0.0 for label in found["part"].labels}
        apart += abs((first[0].score or 0.0) - scores.get(first[0].id, 0.0))
    return {
        "pictures": len(chosen),
        "top-1, decoded in full": right["full"] / len(chosen),
        "top-1, decoded in part": right["part"] / len(chosen),
        "same first label": same / len(chosen),
        "score of the first label, mean difference": apart / len(chosen),
        "time to decode, part of full": taken["part"] / taken["full"],
    }


def _enlarged(file: str) -> bytes:
    picture = Image(file).rgb()
    size = LARGER * picture.width, LARGER * picture.height
    written = io.BytesIO()
    picture.resize(size, PIL.Image.Resampling.BICUBIC).save(written, "JPEG", quality=90)
    return written.getvalue()
