"""Read text, set on paper at the places where it was found: to be held against the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from visionhub.draw.lettering import set_in
from visionhub.draw.marks import Mark
from visionhub.draw.palette import INK, PAPER
from visionhub.geometry import Polygon

BASE = 64
# Size of the letters over the height of an outline that hugs them.
FILL = 1.05


def transcript(size: tuple[int, int], marks: Sequence[Mark]) -> Image.Image:
    """A sheet of `size` pixels: each mark's name fills its outline, as long and high and turned as that is."""
    sheet = Image.new("RGB", size, PAPER)
    for mark in marks:
        _set(sheet, mark)
    return sheet


def _set(sheet: Image.Image, mark: Mark) -> None:
    (x0, y0), (x1, y1), (x2, y2) = _corners(mark, sheet.size)[:3]
    wide, high = math.hypot(x1 - x0, y1 - y0), math.hypot(x2 - x1, y2 - y1)
    text, font = set_in(mark.name, BASE)
    if not text or wide < 1 or high < 1:
        return
    size = max(4, round(min(BASE * wide / font.getlength(text), high * FILL)))
    text, font = set_in(mark.name, size)
    length = font.getlength(text)
    stamp = Image.new("L", (math.ceil(length) + 2, math.ceil(size * 1.5)), 0)
    ImageDraw.Draw(stamp).text((1, stamp.height / 2), text, fill=255, font=font, anchor="lm")
    stamp = stamp.rotate(-math.degrees(math.atan2(y1 - y0, x1 - x0)), Image.Resampling.BICUBIC, expand=True)
    # The text begins where the line begins, so its middle lies half its own length along the first edge.
    along = length / 2 / wide
    x = x0 + (x1 - x0) * along + (x2 - x1) / 2
    y = y0 + (y1 - y0) * along + (y2 - y1) / 2
    sheet.paste(INK, (round(x - stamp.width / 2), round(y - stamp.height / 2)), stamp)


def _corners(mark: Mark, frame: tuple[int, int]) -> list[tuple[float, float]]:
    if isinstance(mark.outline, Polygon):
        return mark.outline.pixels(*frame)
    x0, y0, x1, y1 = mark.outline.pixels(*frame)
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
