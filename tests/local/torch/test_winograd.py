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
    return nn.Conv2d(**{"in_channels": 128, "out_channels": 160, "kernel_size": 3, "padding": 1, **options})  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(
    many=st.integers(1, 3),
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    has_bias=st.booleans(),
    is_last=st.booleans(),
)
def test_it_is_the_same(
    many: int, height: int, width: int, padding: tuple[int, int], has_bias: bool, is_last: bool
) -> None:
    plain, fast = (convolution(padding=padding, bias=has_bias) for _ in range(2))
    accelerate(fast)
    given = torch.randn(many, 128, height, width)
    if is_last:
        given = given.to(memory_format=torch.channels_last)
    if height + 2 * padding[0] < 3 or width + 2 * padding[1] < 3:
        with pytest.raises(RuntimeError):
            fast(given)
        return
    with torch.inference_mode():
        wanted, made = plain(given), fast(given)
    assert made.shape == wanted.shape
    assert (made - wanted).abs().max() < 1e-4


def test_it_is_used_and_not_for_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = convolution()
    accelerate(fast)
    seen = []
    monkeypatch.setattr(nn.Conv2d, "forward", lambda _, given: seen.append(given.shape))
    with torch.inference_mode():
        assert isinstance(fast(torch.randn(1, 128, 20, 20)), torch.Tensor)
        for shape in ((1, 128, 8, 8), (128, 20, 20), (1, 128, 640, 640)):
            fast(torch.zeros(()).expand(shape))
    assert seen == [(1, 128, 8, 8), (128, 20, 20), (1, 128, 640, 640)]


@pytest.mark.parametrize(
    "options",
    [
        {"stride": 2},
        {"dilation": 2},
        {"groups": 2},
        {"kernel_size": 5},
        {"in_channels": 64},
        {"out_channels": 64},
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


def test_a_model_of_usual_width_gives_the_same_logits() -> None:
    torch.manual_seed(0)
    model: Any = ResNetForImageClassification(ResNetConfig(embedding_size=64, hidden_sizes=[256, 512], depths=[2, 2]))
    model.eval()
    given = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        wanted = model(given).logits
        fast = tuned(model, places("cpu", None)[0])
        made = fast(given).logits
    assert any(isinstance(module, WinogradConv2d) for module in fast.modules())
    assert (made - wanted).abs().max() < 1e-3
