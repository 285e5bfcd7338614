"""Detection by RT-DETR-R50 of full size, visionhub against `transformers.pipeline`, on the same files and weights: see `contest.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import contest
from benchmarks.figures import Figures
from visionhub import DetectCall


def save(folder: Path) -> None:
    """Of the size of PekingU/rtdetr_r50vd, with 80 classes."""
    import transformers

    auto: Any = transformers
    auto.RTDetrForObjectDetection(auto.RTDetrConfig(num_labels=80)).save_pretrained(folder)
    auto.RTDetrImageProcessor().save_pretrained(folder)


def measure() -> Figures:
    """See the module."""
    small = contest.Contest("object-detection", save, _call, pictures=16, batches=(1, 2, 4), workers=(0, 2))
    large = contest.Contest("object-detection", save, _call, pictures=256, batches=(1, 16, 32), workers=(0, 8, 16))
    return contest.measure(small, large)


def _call(image: Any, model: str) -> DetectCall:
    return DetectCall(image=image, model=model)
