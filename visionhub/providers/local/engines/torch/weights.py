"""Nets of our own, with the weights of a card's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import torch

from visionhub.providers.local.engines.torch.device import Place

N = TypeVar("N", bound=torch.nn.Module)


def ready(net: N, path: Path, place: Place) -> N:
    """The net on its device, ready to answer. Of the pickle nothing but tensors is read: none of its code runs."""
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    net.eval().requires_grad_(requires_grad=False)
    moved: Any = net.to(place.device, place.dtype)
    laid_out: N = moved.to(memory_format=place.layout)
    return laid_out
