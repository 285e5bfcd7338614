"""Draws an answer on its picture: boxes, outlines, landmarks and names, legible at any size, one colour a name."""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from visionhub.geometry import Box, Point, Polygon

if TYPE_CHECKING:
    Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
    Color: TypeAlias = tuple[int, int, int]

MIN_SIDE, MAX_NOTES = 480, 8
DARK, LIGHT = (20, 20, 20), (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that stands at a place: a name, perhaps a score (0..1), its outline and points. `color` is what equal colours mean."""

    name: str
    score: float | None
    outline: Box | Polygon
    points: Sequence[Point] = ()
    color: str | None = None


def annotate(picture: Image.Image, marks: Sequence[Mark], notes: Sequence[str] = ()) -> Image.Image:
    """A new picture, mode RGB: `marks` at their places, `notes` on a strip below. A tiny picture is enlarged first."""
    sheet = _enlarged(picture)
    width, height = sheet.size
    size = max(12, round((width * height) ** 0.5 / 45))
    pen = ImageDraw.Draw(sheet)
    line = max(2, round(size / 7))
    for mark in marks:
        _outline(pen, mark, sheet.size, line)
    taken: list[tuple[float, float, float, float]] = []
    for mark in marks:
        _name(pen, mark, sheet.size, line, size, taken)
    return _with_notes(sheet, notes[:MAX_NOTES], size) if notes else sheet


def color_of(name: str) -> Color:
    """The colour of a name: always the same, bright enough to carry dark or light letters."""
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2]) / 65_536
    red, green, blue = colorsys.hls_to_rgb(hue, 0.5, 0.85)
    return round(red * 255), round(green * 255), round(blue * 255)


def _enlarged(picture: Image.Image) -> Image.Image:
    scale = MIN_SIDE / max(picture.size)
    if scale <= 1:
        return picture.convert("RGB").copy()
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _outline(pen: ImageDraw.ImageDraw, mark: Mark, size: tuple[int, int], line: int) -> None:
    color = color_of(mark.color or mark.name)
    if isinstance(mark.outline, Box):
        pen.rectangle(mark.outline.pixels(*size), outline=color, width=line)
    else:
        corners = mark.outline.pixels(*size)
        pen.line([*corners, corners[0]], fill=color, width=line, joint="curve")
    radius = line * 1.2
    for point in mark.points:
        x, y = point.pixels(*size)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color, outline=LIGHT)


def _name(
    pen: ImageDraw.ImageDraw,
    mark: Mark,
    size: tuple[int, int],
    line: int,
    text_size: int,
    taken: list[tuple[float, float, float, float]],
) -> None:
    box = mark.outline if isinstance(mark.outline, Box) else mark.outline.box
    left, top, right, bottom = box.pixels(*size)
    if isinstance(mark.outline, Polygon):
        # The words stand in the picture already: a smaller size keeps neighbouring lines apart.
        text_size = max(10, round(text_size * 0.7))
    text = mark.name if mark.score is None else f"{mark.name} {mark.score:.2f}"
    font = _font(text_size)
    wide, high = pen.textlength(text, font), text_size * 1.25
    x = max(0.0, min(left - line / 2, size[0] - wide - text_size * 0.6))
    places = [top - high, bottom, top + line, *(top + line + high * step for step in range(1, 4))]
    spots = [(x, y, x + wide + text_size * 0.6, y + high) for y in places if 0 <= y <= size[1] - high]
    free = (spot for spot in spots if not any(_overlap(spot, other) for other in taken))
    spot = next(free, spots[0] if spots else (x, 0.0, x + wide + text_size * 0.6, high))
    taken.append(spot)
    color = color_of(mark.color or mark.name)
    pen.rectangle(spot, fill=color)
    pen.text((spot[0] + text_size * 0.3, spot[1] + high / 2), text, fill=_ink(color), font=font, anchor="lm")


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _ink(color: Color) -> Color:
    red, green, blue = color
    return DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else LIGHT


def _with_notes(sheet: Image.Image, notes: Sequence[str], size: int) -> Image.Image:
    font = _font(size)
    pen = ImageDraw.Draw(sheet)
    lines = [part for note in notes for part in _wrapped(pen, note, font, sheet.width - size)]
    high = round(size * 1.4)
    page = Image.new("RGB", (sheet.width, sheet.height + high * len(lines) + size), DARK)
    page.paste(sheet, (0, 0))
    pen = ImageDraw.Draw(page)
    for row, text in enumerate(lines):
        pen.text((size / 2, sheet.height + size / 2 + high * (row + 0.5)), text, fill=LIGHT, font=font, anchor="lm")
    return page


def _wrapped(pen: ImageDraw.ImageDraw, text: str, font: Font, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)
