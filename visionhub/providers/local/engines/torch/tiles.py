"""Pictures cut into tiles, and the whole once more made small: how Idefics3 and SmolVLM see them.

What their processors do in steps of floats is done here in bytes, by Pillow, in the caller's thread; a quarter of the data goes to
the device, and becomes floats there.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import PIL.Image
import torch
from PIL.Image import Resampling

from visionhub.image import Image
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.levels import Levels, pixels

LARGEST: Final = 4096
"""No picture is made larger, whatever a processor says: its own bound (Idefics3's `MAX_IMAGE_SIZE`)."""
KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """Tiles, row by row, and after them the whole: bytes of shape `(tiles, side, side, 3)`. No rows and columns where there is only the whole."""

    tiles: torch.Tensor
    rows: int
    columns: int
    size: tuple[int, int]

    @property
    def key(self) -> Hashable:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def outline(self) -> dict[str, Any]:
        """See `pictures.Sized`."""
        count, side = self.tiles.shape[:2]
        return {
            "pixel_values": torch.zeros(()).expand(1, count, 3, side, side),
            "rows": [[self.rows]],
            "cols": [[self.columns]],
        }


class Tiles:
    """See the module, and `pictures.Pictures`."""

    def __init__(self, processor: Any, size: Mapping[str, int], side: int, place: Place) -> None:
        """`size` and `side` are what `processor` makes of pictures, and of tiles; see `sides`."""
        self._size = size
        self._side = side
        self._place = place
        self._is_split = bool(processor.do_image_splitting)
        self._how = Resampling(int(processor.resample))
        self._levels = Levels(processor, place)

    def prepare(self, image: Image) -> Cut:
        """See `pictures.Pictures`."""
        size = image.height, image.width
        high, wide = self._target(*size)
        rgb = self._resized(
            image.rgb() if self._place.exact_jpeg else image.reduced(KEPT * wide, KEPT * high), high, wide
        )
        side, rows, columns = self._side, 0, 0
        if self._is_split:
            high, wide = multiples(high, wide, side)
            rgb = self._resized(rgb, high, wide)
            if max(high, wide) > side:
                rows, columns = high // side, wide // side
        whole = pixels(self._resized(rgb, side, side))[None]
        if rows:
            tiles = pixels(rgb).view(rows, side, columns, side, 3).transpose(1, 2).reshape(-1, side, side, 3)
            whole = torch.cat([tiles, whole])
        return Cut(whole, rows, columns, size)

    def batch(self, many: Sequence[Cut]) -> dict[str, torch.Tensor]:
        """See `pictures.Pictures`."""
        placed = torch.stack(self._place.upload([one.tiles for one in many]))
        values = self._levels(placed.flatten(0, 1).permute(0, 3, 1, 2)).view(
            *placed.shape[:2], 3, self._side, self._side
        )
        seen = torch.ones((), dtype=torch.bool, device=values.device).expand(*placed.shape[:2], self._side, self._side)
        return {"pixel_values": values, "pixel_attention_mask": seen}

    def _target(self, height: int, width: int) -> tuple[int, int]:
        match self._size:
            case {"longest_edge": longest}:
                return longest_edge(height, width, longest)
            case {"height": high, "width": wide}:
                return high, wide
        return height, width

    def _resized(self, rgb: PIL.Image.Image, height: int, width: int) -> PIL.Image.Image:
        return rgb if rgb.size == (width, height) else rgb.resize((width, height), self._how)


def sides(processor: Any) -> tuple[dict[str, int], int] | None:
    """To what size a processor brings a picture first, empty if to none, and how large its tiles are; None if that is not known here."""
    side = dict(processor.max_image_size).get("longest_edge")
    size = {name: value for name, value in dict(processor.size).items() if value} if processor.do_resize else {}
    is_known = not size or "longest_edge" in size or size.keys() >= {"height", "width"}
    return (size, int(side)) if side and is_known and processor.do_pad else None


def longest_edge(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width with the longer side of so many pixels, the other one even."""
    aspect = width / height
    if width >= height:
        high = int(longest / aspect)
        height, width = max(high + high % 2, 1), longest
    else:
        wide = int(longest * aspect)
        height, width = longest, max(wide + wide % 2, 1)
    if longest <= LARGEST:
        return height, width
    aspect = width / height
    return (max(int(LARGEST / aspect), 1), LARGEST) if width >= height else (LARGEST, max(int(LARGEST * aspect), 1))


def multiples(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width in whole tiles, about as they were."""
    aspect = width / height
    if width >= height:
        width = math.ceil(width / side) * side
        height = math.ceil(int(width / aspect) / side) * side
    else:
        height = math.ceil(height / side) * side
        width = math.ceil(int(height * aspect) / side) * side
    return height, width
