"""Convolutions by Winograd's algorithm give what PyTorch's own do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from visionhub.providers.local.engines.torch import winograd
from visionhub.providers.local.engines.torch.device import places
from visionhub.providers.local.engines.torch.tune import tuned
from visionhub.providers.local.engines.torch.winograd import WinogradConv2d, accelerate


def convolution(**options: object) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(**{"in_channels": 192, "out_channels": 200, "kernel_size": 3, "padding": 1, **options})  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(
    many=st.integers(1, 3),
    height=st.integers(3, 50),
    width=st.integers(3, 50),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    has_bias=st.booleans(),
    is_last=st.booleans(),
)
def test_it_is_the_same(
    many: int, height: int, width: int, padding: tuple[int, int], has_bias: bool, is_last: bool
) -> None:
    plain, fast = (convolution(padding=padding, bias=has_bias) for _ in range(2))
    accelerate(fast)
    assert isinstance(fast, WinogradConv2d)
    given = torch.randn(many, 192, height, width)
    if is_last:
        given = given.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        wanted, made = plain(given), fast._by_tiles(given)
    assert made.shape == wanted.shape
    assert (made - wanted).abs().max() < 1e-4


def test_it_is_used_where_it_is_faster_and_not_for_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, seen = convolution(), []
    accelerate(fast)
    monkeypatch.setattr(winograd, "_PAYS", {})
    monkeypatch.setattr(nn.Conv2d, "forward", lambda _, given: seen.append(given.shape))
    with torch.inference_mode():
        for shape in ((1, 192, 8, 8), (192, 20, 20), (1, 192, 640, 640)):
            fast(torch.zeros(()).expand(shape))
            assert seen.pop() == shape
        for is_faster in (True, False):
            monkeypatch.setattr(winograd, "_PAYS", {})
            times = iter([1.0, 2.0] if is_faster else [2.0, 1.0])
            monkeypatch.setattr(winograd, "seconds", lambda _, times=times: next(times))
            for _ in range(3):
                assert (fast(torch.randn(1, 192, 20, 20)) is not None) == is_faster
    assert len(seen) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"stride": 2},
        {"dilation": 2},
        {"groups": 2},
        {"kernel_size": 5},
        {"in_channels": 160},
        {"out_channels": 160},
        {"padding": "same"},
        {"padding_mode": "reflect"},
        {"dtype": torch.float16},
    ],
)
def test_others_are_left_alone(options: dict[str, object]) -> None:
    other = convolution(**options)
    accelerate(other)
    assert type(other) is nn.Conv2d


def test_a_model_whose_kernels_would_fill_the_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, "MOST", 4 * convolution().weight.nbytes * 2)
    model = nn.Sequential(convolution(), convolution(), convolution())
    accelerate(model)
    assert not any(isinstance(module, WinogradConv2d) for module in model)
    accelerate(model[:2])
    assert isinstance(model[0], WinogradConv2d)


def test_a_model_of_usual_width_gives_the_same_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WinogradConv2d, "_pays", lambda *_: True)
    torch.manual_seed(0)
    model: Any = ResNetForImageClassification(ResNetConfig(embedding_size=64, hidden_sizes=[256, 1024], depths=[2, 2]))
    model.eval()
    given = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        wanted = model(given).logits
        fast = tuned(model, places("cpu", None)[0])
        made = fast(given).logits
    assert any(isinstance(module, WinogradConv2d) for module in fast.modules())
    assert (made - wanted).abs().max() < 1e-3
