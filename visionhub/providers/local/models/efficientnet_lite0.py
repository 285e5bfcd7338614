"""EfficientNet-Lite0 on PyTorch (Tan and Le 2019; Google's Lite variant of 2020 has no squeeze-and-excitation and ReLU6 throughout).

The layers are called as in the file of weights, which ml-illustrated converted from Google's.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from PIL.Image import Resampling
from torch import Tensor, nn
from torch.nn import functional

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.engines.torch.pictures import Axis, Ours
from visionhub.providers.local.engines.torch.weights import ready
from visionhub.providers.local.models.efficientnet_lite import CROP_PADDING, MEAN, SPREAD, read_classes

SIDE: Final = 224
# Repeats, kernel, stride of the first, expansion, channels: table 1 of "EfficientNet: Rethinking Model Scaling" (arXiv 1905.11946).
STAGES: Final = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip
STEM, HEAD, CLASSES = 32, 1280, 1000
PIXELS: Final = SimpleNamespace(
    resample=Resampling.BICUBIC, do_rescale=False, do_normalize=True, image_mean=float(MEAN), image_std=float(SPREAD)
)


def load(card: Card, files: Mapping[str, Path], place: Place) -> Task:
    """See `FromCard`."""
    net = ready(Lite0(), files["net"], place)
    return Embedder(net, place) if card.task == "embed" else Classifier(net, place, card, files)


def middle(height: int, width: int) -> tuple[Axis, Axis]:
    """The shorter side becomes 256 pixels, of which the middle 224 are kept."""
    short = SIDE + CROP_PADDING
    high, wide = (max(short, round(side * short / min(height, width))) for side in (height, width))
    return Axis(height, high, (high - SIDE) // 2, SIDE), Axis(width, wide, (wide - SIDE) // 2, SIDE)


def squeezed(height: int, width: int) -> tuple[Axis, Axis]:
    """All of the picture."""
    return Axis(height, SIDE, 0, SIDE), Axis(width, SIDE, 0, SIDE)


class Classifier:
    """The 1000 classes of ImageNet."""

    def __init__(self, net: Lite0, place: Place, card: Card, files: Mapping[str, Path]) -> None:
        self._net = net
        self._pictures = Ours(PIXELS, middle, place)
        self._classes = read_classes(files)
        self._usual = int(card.params["max_results"])
        self.modules = [net]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        prepared = self._pictures.prepare(body["image"])
        return prepared.key, (prepared, body["count"] or self._usual)

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        logits = self._net(**self._pictures.batch([prepared for prepared, _ in questions])).float()
        best, numbers = (found.cpu() for found in logits.softmax(-1).sort(dim=-1, descending=True, stable=True))
        return [
            {
                "classes": [
                    {**self._classes[number], "score": score}
                    for number, score in zip(order[:count].tolist(), row[:count].tolist(), strict=True)
                ]
            }
            for row, order, (_, count) in zip(best, numbers, questions, strict=True)
        ]


class Embedder:
    """Vectors of length 1: what the last layer sees."""

    def __init__(self, net: Lite0, place: Place) -> None:
        self._net = net
        self._pictures = Ours(PIXELS, squeezed, place)
        self.modules = [net]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        prepared = self._pictures.prepare(body["image"])
        return prepared.key, prepared

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        features = self._net.features(**self._pictures.batch(questions)).float()
        return [{"vector": row} for row in functional.normalize(features, dim=-1).cpu().tolist()]


class Lite0(nn.Module):
    """Pictures `(n, 3, 224, 224)`, each value `(byte - 127) / 128`, to logits `(n, 1000)`."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, STEM, 3, 2, bias=False)
        self._bn0 = _norm(STEM)
        blocks, inside = [], STEM
        for repeats, kernel, stride, expansion, outside in STAGES:
            for number in range(repeats):
                blocks.append(_Block(inside, outside, kernel, 1 if number else stride, expansion))
                inside = outside
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = nn.Conv2d(inside, HEAD, 1, bias=False)
        self._bn1 = _norm(HEAD)
        self._fc = nn.Linear(HEAD, CLASSES)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """See the class."""
        logits: Tensor = self._fc(self.features(pixel_values))
        return logits

    def features(self, pixel_values: Tensor) -> Tensor:
        """The mean over the picture of what the last convolution gives, `(n, 1280)`."""
        seen = functional.relu6(self._bn0(self._conv_stem(_edged(pixel_values, 3, 2))))
        return functional.relu6(self._bn1(self._conv_head(self._blocks(seen)))).mean((2, 3))


class _Block(nn.Module):
    """An inverted residual: wider, through each channel alone, narrower; and added to what came in, where that has the same shape."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self._widens = expansion > 1
        if self._widens:
            self._expand_conv = nn.Conv2d(inside, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        around = kernel // 2 if stride == 1 else 0
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, around, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, outside, 1, bias=False)
        self._bn2 = _norm(outside)
        self._window = kernel, stride
        self._adds = stride == 1 and inside == outside

    def forward(self, given: Tensor) -> Tensor:
        """The next block's input."""
        seen = functional.relu6(self._bn0(self._expand_conv(given))) if self._widens else given
        seen = functional.relu6(self._bn1(self._depthwise_conv(_edged(seen, *self._window))))
        made: Tensor = self._bn2(self._project_conv(seen))
        return given + made if self._adds else made


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def _edged(pixels: Tensor, kernel: int, stride: int) -> Tensor:
    """With zeros around as TensorFlow's `SAME` has them, for even sides: at stride 2 there are more of them right and below."""
    if stride == 1:
        return pixels  # the convolution itself adds as many on each side
    spare = kernel - stride
    return functional.pad(pixels, (spare // 2, spare - spare // 2) * 2)
