"""Pixels that are in memory already: PIL images, NumPy arrays, torch tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import PIL.Image

from visionhub.image import decode
from visionhub.image.limits import UnusableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHAPES = "Give (height, width) or (height, width, 1, 3 or 4)"


def pixels(source: Any, max_pixels: int) -> PIL.Image.Image:
    """Upright, sRGB, mode RGB; a copy. Raises `UnusableError` for shapes and types that are no picture."""
    picture = source if isinstance(source, PIL.Image.Image) else _from_array(source, max_pixels)
    decode.check_size(picture.width, picture.height, max_pixels)
    upright = decode.upright(picture)
    return decode.bare(upright.copy() if upright is source else upright)


def _from_array(source: Any, max_pixels: int) -> PIL.Image.Image:
    import numpy as np

    if hasattr(source, "detach"):
        source = source.detach().cpu()
        if source.ndim == 3 and source.shape[0] in (1, 3, 4):
            source = source.permute(1, 2, 0)
    array = np.asarray(source)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise UnusableError(f"is an array of shape {array.shape}, which is no picture", _advice(array))
    decode.check_size(array.shape[1], array.shape[0], max_pixels)
    return PIL.Image.fromarray(np.ascontiguousarray(_as_bytes(array)))


def _advice(array: NDArray[np.generic]) -> str:
    if array.ndim == 1:
        return "If it holds an encoded picture, give its bytes: `array.tobytes()`."
    if array.ndim == 3 and array.shape[0] in (1, 3, 4):
        return f"{SHAPES}: `array.transpose(1, 2, 0)`."
    return f"{SHAPES}, one picture at a time."


def _as_bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    import numpy as np

    match array.dtype.kind, array.dtype.itemsize:
        case "u", 1:
            return array
        case "b", 1:
            return array.astype(np.uint8) * np.uint8(255)
        case "u", 2:
            return (array // 257).astype(np.uint8)
        case "f", _:
            # Not a number is neither too small nor too large, and fails here like both.
            if not (array.min() >= -1e-3 and array.max() <= 1 + 1e-3):
                raise UnusableError("has floats outside 0..1", "Divide by 255 if they run to 255.")
            return (array.astype(np.float32).clip(0, 1) * 255 + 0.5).astype(np.uint8)
        case _:
            raise UnusableError(f"is an array of {array.dtype}", "Use uint8, uint16, bool, or floats in 0..1.")
