"""A model as it is run: what makes it faster and changes its answers by no more than rounding does, and what `int8` makes of it."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

import torch
from torch import nn

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.winograd import accelerate

M = TypeVar("M", bound=nn.Module)
# What the models of transformers call a convolution and the normalisation of its output, and the branches of a residual block; of both, the
# `activation` comes last.
PAIRS = (("convolution", "normalization"), ("conv", "norm"), ("conv", "bn"), ("convolution", "norm"))
BLOCKS = (*PAIRS, ("layer", "shortcut"))


def tuned(model: M, place: Place) -> M:
    """The model itself, on the device, ready to answer."""
    model.eval().requires_grad_(requires_grad=False)
    _fold(model)
    _overwrite(model)
    if place.is_cpu:
        accelerate(model)
    if place.precision == "int8" and place.is_cpu:
        model = _int8(model)
    model.to(place.device)
    # Under channels last convolutions need no copies of what they read.
    if _has_convolutions(model):
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own types lack it
    return model


def footprint(model: nn.Module) -> int:
    """Bytes of a model's weights."""
    # Layers of int8 keep theirs as a method, not as a parameter.
    methods: list[Any] = [getattr(module, "weight", None) for module in model.modules()]
    packed: list[Any] = [weight() for weight in methods if callable(weight)]
    return sum(tensor.numel() * tensor.element_size() for tensor in (*model.parameters(), *model.buffers(), *packed))


def _fold(model: nn.Module) -> None:
    """Puts batch normalisation, which is a constant scale and shift by now, into the convolution before it."""
    for module in model.modules():
        for names in PAIRS:
            convolution, norm = (getattr(module, name, None) for name in names)
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.Module) and _is_constant(norm):
                _scale(convolution, norm)
                setattr(module, names[1], nn.Identity())


def _overwrite(model: nn.Module) -> None:
    """Lets a block's activation be written over what it is made of, which nobody else reads."""
    for module in model.modules():
        activation = getattr(module, "activation", None)
        is_last = any(all(isinstance(getattr(module, name, None), nn.Module) for name in names) for names in BLOCKS)
        if is_last and isinstance(activation, (nn.ReLU, nn.SiLU)):
            activation.inplace = True


def _is_constant(norm: nn.Module) -> bool:
    """Whether it is a batch normalisation, frozen or not, with all that it needs."""
    return all(
        isinstance(getattr(norm, name, None), torch.Tensor)
        for name in ("weight", "bias", "running_mean", "running_var")
    )


def _scale(convolution: nn.Conv2d, norm: nn.Module) -> None:
    weight, bias, mean, spread = (
        getattr(norm, name).double() for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight * (spread + float(getattr(norm, "eps", 1e-5))).rsqrt()
    before = 0.0 if convolution.bias is None else convolution.bias.double()
    dtype = convolution.weight.dtype
    scaled = convolution.weight.double() * scale.view(-1, 1, 1, 1)
    convolution.weight = nn.Parameter(scaled.to(dtype), requires_grad=False)
    convolution.bias = nn.Parameter(((before - mean) * scale + bias).to(dtype), requires_grad=False)


def _int8(model: M) -> M:
    """Linear layers in whole numbers, weights and inputs, by PyTorch's own kernels for the CPU."""
    try:
        from torch.ao.quantization import quantize_dynamic
    except ImportError:
        raise ConfigError("This PyTorch has no int8 for the CPU.", hint="Leave `precision` out.") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: M = quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8, inplace=True)  # type: ignore[no-untyped-call]
    return made


def _has_convolutions(model: nn.Module) -> bool:
    return sum(isinstance(module, nn.Conv2d) for module in model.modules()) > 1
