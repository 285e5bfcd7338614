"""Where the names of marks find room: beside their outlines, inside the frame, on no other name and over no small thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import ImageDraw

from visionhub.draw.lettering import Font, set_in, shortened
from visionhub.draw.marks import Mark
from visionhub.draw.palette import INK, color_of

Rect: TypeAlias = tuple[float, float, float, float]
# A name may hide that much of a thing, and in a crowd be that much wider than its own.
COVERED, CROWD, WIDER = 0.3, 12, 3.0


@dataclass(frozen=True, slots=True)
class Name:
    """A name that found room. `spot` is its tag, in pixels."""

    text: str
    font: Font
    spot: Rect
    color: tuple[int, int, int]

    def draw(self, pen: ImageDraw.ImageDraw) -> None:
        """Dark letters on the colour of the mark."""
        left, top, _, bottom = self.spot
        pen.rounded_rectangle(self.spot, radius=(bottom - top) / 5, fill=self.color)
        pen.text((left + padding(self.font), (top + bottom) / 2), self.text, fill=INK, font=self.font, anchor="lm")


def padding(font: Font) -> float:
    """The room left and right of a name."""
    return font.size * 0.35


def placed(marks: Sequence[Mark], frame: tuple[int, int], size: int, gap: float) -> tuple[list[Name], list[Mark]]:
    """The names that find room in a picture of `frame` pixels, first come first served, and the marks whose names do not."""
    boxes = [mark.box.pixels(*frame) for mark in marks]
    found: list[Name] = []
    homeless: list[Mark] = []
    for number, mark in enumerate(marks):
        text, font = set_in(mark.title, size)
        text = shortened(text, font, frame[0] - 2 * padding(font))
        if not text:
            homeless.append(mark)
            continue
        area = font.getlength(text) + 2 * padding(font), size * 1.4
        lost = len(marks) > CROWD and area[0] > WIDER * (boxes[number][2] - boxes[number][0])
        spots = (spot for spot in _spots(boxes[number], area, frame, gap) if _is_free(spot, found, boxes))
        spot = None if lost else next(spots, None)
        if spot:
            found.append(Name(text, font, spot, color_of(mark.meaning)))
        else:
            homeless.append(mark)
    return found, homeless


def _spots(box: Rect, area: tuple[float, float], frame: tuple[int, int], gap: float) -> Iterator[Rect]:
    """Places for a tag of that size, the best first: above, inside, below, beside; all of them inside the frame."""
    left, top, right, bottom = box
    wide, high = area
    lefts = (left - gap, right + gap - wide)
    for x, y in (
        *((x, top - gap - high) for x in lefts),
        (left + gap, top + gap),
        *((x, bottom + gap) for x in lefts),
        (left + gap, bottom - gap - high),
        (right + gap, top),
        (left - gap - wide, top),
    ):
        x = min(max(x, 0.0), frame[0] - wide)  # noqa: PLW2901  # the same place, moved into the frame
        if 0 <= y <= frame[1] - high:
            yield x, y, x + wide, y + high


def _is_free(spot: Rect, names: Sequence[Name], things: Sequence[Rect]) -> bool:
    return not any(_shared(spot, name.spot) for name in names) and not any(
        _shared(spot, thing) > COVERED * _size(thing) for thing in things
    )


def _shared(a: Rect, b: Rect) -> float:
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(across, 0.0) * max(down, 0.0)


def _size(box: Rect) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
