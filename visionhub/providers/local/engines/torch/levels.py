"""The values of pixels as a model takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import torch

from visionhub.providers.local.engines.torch.device import Place


class Levels:
    """0..255 to what a processor of `transformers` makes of it: rescaled, and normalised."""

    def __init__(self, processor: Any, place: Place) -> None:
        self._place = place
        factor = float(processor.rescale_factor) if processor.do_rescale else 1.0
        mean, std = (processor.image_mean, processor.image_std) if processor.do_normalize else (0.0, 1.0)
        spread = torch.as_tensor(std, dtype=torch.float64).expand(3).reshape(3, 1, 1)
        shift = -torch.as_tensor(mean, dtype=torch.float64).expand(3).reshape(3, 1, 1) / spread
        self._scale = (factor / spread).to(place.device, torch.float32)
        self._shift = shift.to(place.device, torch.float32)

    def __call__(self, planes: torch.Tensor) -> torch.Tensor:
        """`planes` of shape `(pictures, 3, height, width)`, in the model's precision."""
        values = torch.addcmul(self._shift, planes.float(), self._scale)
        return values.to(self._place.dtype, memory_format=self._place.layout)


def pixels(rgb: PIL.Image.Image) -> torch.Tensor:
    """Bytes of shape `(height, width, 3)`."""
    # A copy: what Pillow shows may not be written to, of which torch warns.
    return torch.from_numpy(np.array(rgb, np.uint8, order="C"))
