"""Classification by ViT-B/16 of full size, visionhub against `transformers.pipeline`, on the same files and weights: see `contest.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import contest
from benchmarks.figures import Figures
from visionhub import ClassifyCall


def save(folder: Path) -> None:
    """Of the size of google/vit-base-patch16-224, with 1000 classes."""
    import transformers

    auto: Any = transformers
    auto.ViTForImageClassification(auto.ViTConfig(num_labels=1000)).save_pretrained(folder)
    auto.ViTImageProcessor().save_pretrained(folder)


def measure() -> Figures:
    """See the module."""
    small = contest.Contest("image-classification", save, _call, pictures=12, batches=(1, 4, 8), workers=(0, 2))
    large = contest.Contest("image-classification", save, _call, pictures=512, batches=(1, 32, 128), workers=(0, 8, 16))
    return contest.measure(small, large)


def _call(image: Any, model: str) -> ClassifyCall:
    return ClassifyCall(image=image, model=model)
