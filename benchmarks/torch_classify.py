"""Classification by two models of full size, a transformer and a convolutional network, visionhub against `transformers.pipeline`: see `contest.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import contest
from benchmarks.figures import Figures
from visionhub import ClassifyCall


def vit(folder: Path) -> None:
    """Of the size of google/vit-base-patch16-224, with 1000 classes."""
    import transformers

    auto: Any = transformers
    auto.ViTForImageClassification(auto.ViTConfig(num_labels=1000)).save_pretrained(folder)
    auto.ViTImageProcessor().save_pretrained(folder)


def resnet(folder: Path) -> None:
    """Of the size of microsoft/resnet-50, with 1000 classes."""
    import transformers

    auto: Any = transformers
    auto.ResNetForImageClassification(auto.ResNetConfig(num_labels=1000)).save_pretrained(folder)
    auto.ConvNextImageProcessor(size={"shortest_edge": 224}).save_pretrained(folder)


def measure() -> Figures:
    """See the module."""
    figures: Figures = {}
    for name, save, pictures in (("ViT-B/16", vit, 24), ("ResNet-50", resnet, 64)):
        small = contest.Contest(
            "image-classification", save, _call, pictures=pictures, batches=(1, 4, 8), workers=(0, 2)
        )
        large = contest.Contest(
            "image-classification", save, _call, pictures=512, batches=(1, 32, 128), workers=(0, 8, 16)
        )
        figures |= {f"{name}: {figure}": value for figure, value in contest.measure(small, large).items()}
    return figures


def _call(image: Any, model: str) -> ClassifyCall:
    return ClassifyCall(image=image, model=model)
