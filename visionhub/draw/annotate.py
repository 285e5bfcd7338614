"""Outlines, points and names on a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from PIL import Image, ImageDraw

from visionhub.draw.marks import Mark, Note
from visionhub.draw.names import placed
from visionhub.draw.palette import PAPER, color_of
from visionhub.draw.strip import with_notes
from visionhub.geometry import Box

MIN_SIDE = 480
CASING = (0, 0, 0, 110)


def annotate(
    picture: Image.Image, marks: Sequence[Mark], notes: Sequence[Note] = (), *, names: bool = True
) -> Image.Image:
    """A new picture, mode RGB: `marks`, the most important first, at their places, and `notes` on a strip below.

    A tiny picture is enlarged. Names that find no room are counted on the strip.
    """
    sheet = enlarged(picture)
    size = letter_size(sheet.size)
    line = max(2, round(size / 7))
    pen = ImageDraw.Draw(sheet, "RGBA")
    # The largest first: what lies inside another one stays visible.
    for mark in sorted(marks, key=lambda mark: mark.box.area, reverse=True):
        _outline(pen, mark, sheet.size, line)
        _points(pen, mark, sheet.size, line)
    found, homeless = placed(marks, sheet.size, size, line / 2) if names else ([], [])
    for name in found:
        name.draw(pen)
    below = [*_counted(marks, homeless), *notes]
    return with_notes(sheet, below, size) if below else sheet


def enlarged(picture: Image.Image) -> Image.Image:
    """A copy, mode RGB, its longer side at least `MIN_SIDE`."""
    scale = MIN_SIDE / max(picture.size)
    if scale <= 1:
        return picture.convert("RGB").copy()
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def letter_size(size: tuple[int, int]) -> int:
    """Of names, in pixels, for a picture of that size: equally legible in all that are shown at the same width."""
    width, height = size
    return max(13, round(min(math.sqrt(width * height) / 42, width / 12, height / 6)))


def _outline(pen: ImageDraw.ImageDraw, mark: Mark, frame: tuple[int, int], line: int) -> None:
    color = color_of(mark.meaning)
    if isinstance(mark.outline, Box):
        x0, y0, x1, y1 = mark.outline.pixels(*frame)
        line = max(1, min(line, round(min(x1 - x0, y1 - y0) / 8)))
        x1, y1 = max(x0, min(x1, frame[0] - 1)), max(y0, min(y1, frame[1] - 1))
        edge = max(1, line // 3)
        pen.rectangle((x0 - edge, y0 - edge, x1 + edge, y1 + edge), outline=CASING, width=line + 2 * edge)
        pen.rectangle((x0, y0, x1, y1), outline=color, width=line)
    else:
        corners = mark.outline.pixels(*frame)
        pen.polygon(corners, fill=(*color, 40))
        pen.line([*corners, corners[0]], fill=color, width=max(1, line // 2), joint="curve")


def _points(pen: ImageDraw.ImageDraw, mark: Mark, frame: tuple[int, int], line: int) -> None:
    x0, _, x1, _ = mark.box.pixels(*frame)
    radius = min(line * 1.3, (x1 - x0) / 20)
    for point in mark.points:
        x, y = point.pixels(*frame)
        if radius >= 2:  # pixels: smaller dots have no room for a rim
            rim = radius + max(1.0, radius / 3)
            pen.ellipse((x - rim, y - rim, x + rim, y + rim), fill=(0, 0, 0, 160))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=PAPER)


def _counted(marks: Sequence[Mark], homeless: Sequence[Mark]) -> list[Note]:
    unnamed = {mark.meaning for mark in homeless}
    counts = Counter(mark.meaning for mark in marks)
    return [
        Note(meaning if count == 1 else f"{meaning} ({count})", color=meaning)
        for meaning, count in counts.most_common()
        if meaning in unnamed
    ]
