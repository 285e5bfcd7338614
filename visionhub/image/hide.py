"""Pictures of which a part is gone: painted over, or cut away. What is written is made of the pixels that are left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visionhub.geometry import Affine, Polygon
from visionhub.image import Image

if TYPE_CHECKING:
    import PIL.Image

FILL = (127, 127, 127)
"""The middle of the range: it looks less like a thing of its own than black or white."""
LEAST_MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Outline:
    """A part of the upright picture, to be grown by `margin`: a share of its shorter side, 2 pixels at least."""

    polygon: Polygon
    margin: float

    def pixels(self, width: int, height: int) -> tuple[list[tuple[float, float]], float]:
        """Its corners, and the margin, in pixels."""
        corners = self.polygon.pixels(width, height)
        sides = [math.dist(one, other) for one, other in zip(corners, corners[1:] + corners[:1], strict=True)]
        return corners, max(LEAST_MARGIN, self.margin * min(sides))


def masked(picture: PIL.Image.Image, parts: Sequence[Outline]) -> PIL.Image.Image:
    """A copy of an upright RGB picture in which the parts and their margins are of one colour."""
    from PIL import ImageDraw

    sheet = picture.copy()
    pen = ImageDraw.Draw(sheet)
    for part in parts:
        corners, margin = part.pixels(*picture.size)
        # A step more in each direction for what rounding to whole pixels takes away.
        reach = math.ceil(margin) + 1
        pen.polygon(corners, fill=FILL)
        pen.line([*corners, corners[0]], fill=FILL, width=2 * reach)
        for x, y in corners:
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=FILL)
    return sheet


def cropped(picture: PIL.Image.Image, parts: Sequence[Outline]) -> tuple[PIL.Image.Image, Affine]:
    """The smallest part of a picture that holds all the parts with their margins, and the map onto it. `parts` is not empty."""
    width, height = picture.size
    lefts, tops, rights, bottoms = zip(*(_reach(part, width, height) for part in parts), strict=True)
    left, top = min(math.floor(min(lefts)), width - 1), min(math.floor(min(tops)), height - 1)
    right, bottom = max(math.ceil(max(rights)), left + 1), max(math.ceil(max(bottoms)), top + 1)
    place = Affine.crop(left / width, top / height, right / width, bottom / height)
    return picture.crop((left, top, right, bottom)), place


def _reach(part: Outline, width: int, height: int) -> tuple[float, float, float, float]:
    corners, margin = part.pixels(width, height)
    xs, ys = zip(*corners, strict=True)
    return (
        max(min(xs) - margin, 0.0),
        max(min(ys) - margin, 0.0),
        min(max(xs) + margin, float(width)),
        min(max(ys) + margin, float(height)),
    )


def written(picture: PIL.Image.Image, like: Image) -> Image:
    """An upright RGB picture as a new one, without metadata: JPEG (of quality 95) where `like` is one, else PNG."""
    from visionhub.image.encode import encode

    media_type = "image/jpeg" if like.media_type == "image/jpeg" else "image/png"
    return Image(encode(picture, media_type), name=like.name)
