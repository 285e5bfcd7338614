"""SFace on PyTorch: OpenCV Zoo's network, a MobileNet, with the numbers of its ONNX file. See `sface.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from visionhub.providers.local.engines.onnx_tensors import dequantized, tensors
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.tune import tuned

# Of each pair of layers, one within channels and one across them: channels that come out, and the first one's stride.
PAIRS: Final = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
FIRST: Final = 32
EPSILON: Final = 1e-3
LENGTH: Final = 128
GRID: Final = 7


class Layer(nn.Module):
    """A convolution, its normalisation, and a slope for each channel below 0."""

    def __init__(self, inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, EPSILON)
        self.slope = nn.PReLU(outputs)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Channels first."""
        found: torch.Tensor = self.slope(self.norm(self.conv(seen)))
        return found

    def read(self, numbers: dict[str, NDArray[Any]], name: str) -> None:
        """Its weights, by their names in the file."""
        self.conv.weight.data = torch.from_numpy(dequantized(numbers, f"{name}_conv2d_weight"))
        _read_norm(self.norm, numbers, f"{name}_batchnorm")
        self.slope.weight.data = torch.from_numpy(numbers[f"{name}_relu_gamma"].reshape(-1).copy())


class SFace(nn.Module):
    """Aligned faces, RGB bytes of shape `(n, 112, 112, 3)`, to unit vectors of shape `(n, 128)`."""

    def __init__(self) -> None:
        super().__init__()
        layers = {"conv_1": Layer(3, FIRST, 3)}
        inputs = FIRST
        for number, (outputs, stride) in enumerate(PAIRS, 2):
            layers[f"conv_{number}_dw"] = Layer(inputs, inputs, 3, stride, inputs)
            layers[f"conv_{number}"] = Layer(inputs, outputs, 1)
            inputs = outputs
        self.layers = nn.ModuleDict(layers)
        self.before = nn.BatchNorm2d(inputs, EPSILON)
        self.joined = nn.Linear(inputs * GRID**2, LENGTH)
        self.after = nn.BatchNorm1d(LENGTH, EPSILON)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """See the class."""
        seen = (faces.permute(0, 3, 1, 2).to(self.joined.weight.dtype) - 127.5) / 128
        for layer in self.layers.values():
            seen = layer(seen)
        vectors = self.after(self.joined(self.before(seen).flatten(1)))
        return nn.functional.normalize(vectors.float(), dim=1)

    def read(self, path: Path) -> None:
        """The weights of the ONNX file."""
        numbers = tensors(path)
        for name, layer in self.layers.items():
            assert isinstance(layer, Layer)
            layer.read(numbers, name)
        _read_norm(self.before, numbers, "bn1")
        _read_norm(self.after, numbers, "fc1")
        self.joined.weight.data = torch.from_numpy(dequantized(numbers, "pre_fc1_weight"))
        self.joined.bias.data = torch.from_numpy(dequantized(numbers, "pre_fc1_bias"))


class Embedder:
    """The net on a device."""

    def __init__(self, path: Path, place: Place) -> None:
        net = SFace()
        net.read(path)
        self.net = tuned(net.to(place.dtype), place)
        self._place = place

    def embed(self, faces: Sequence[NDArray[np.uint8]]) -> list[list[float]]:
        """A vector for each face, aligned as `sface.align` does it."""
        if not faces:
            return []
        pixels = self._place.upload([torch.from_numpy(np.array(face)) for face in faces])
        vectors: list[list[float]] = self.net(torch.stack(pixels)).tolist()
        return vectors


def _read_norm(norm: Any, numbers: dict[str, NDArray[Any]], name: str) -> None:
    for mine, there in (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_var")):  # fmt: skip
        getattr(norm, mine).data = torch.from_numpy(numbers[f"{name}_{there}"].copy())
