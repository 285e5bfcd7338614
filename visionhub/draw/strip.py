"""Notes on a strip below a picture, and pictures side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from PIL import Image, ImageDraw

from visionhub.draw.lettering import Font, set_in, shortened
from visionhub.draw.marks import Note
from visionhub.draw.palette import BLUE, FAINT, INK, PAPER, TRACK, color_of

MAX_NOTES, MIN_LETTERS = 12, 16
# Width over height of a wide picture; length of a score's bar over the width of the strip.
BANNER, BAR = 1.4, 0.18
Row: TypeAlias = list[tuple[float, Note]]
"""Notes of one line, and how far from the left each begins."""


def with_notes(sheet: Image.Image, notes: Sequence[Note], size: int) -> Image.Image:
    """A new picture: `sheet` with `notes` below it, in letters of `size` pixels. A very narrow sheet gets margins."""
    width = max(sheet.width, MIN_LETTERS * size)
    shown = [*notes[:MAX_NOTES], *([Note(f"and {len(notes) - MAX_NOTES} more")] if len(notes) > MAX_NOTES else [])]
    rows = list(_rows(shown, size, width))
    high = round(size * 1.7)
    page = Image.new("RGB", (width, sheet.height + high * len(rows) + size), INK)
    page.paste(sheet, ((width - sheet.width) // 2, 0))
    pen = ImageDraw.Draw(page)
    for number, row in enumerate(rows):
        middle = sheet.height + size / 2 + high * (number + 0.5)
        for left, note in row:
            _write(pen, note, (left, middle), size)
            if note.score is not None:
                _bar(pen, note, (width, middle), size)
    return page


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Both pictures on one sheet: side by side and equally high, or one below the other if both are wide."""
    gap = max(2, min(left.size) // 100)
    if min(left.width / left.height, right.width / right.height) > BANNER:
        right = _resized(right, left.width / right.width)
        page = Image.new("RGB", (left.width, left.height + gap + right.height), INK)
        page.paste(right, (0, left.height + gap))
    else:
        right = _resized(right, left.height / right.height)
        page = Image.new("RGB", (left.width + gap + right.width, left.height), INK)
        page.paste(right, (left.width + gap, 0))
    page.paste(left, (0, 0))
    return page


def _resized(picture: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _rows(notes: Sequence[Note], size: int, width: int) -> Iterator[Row]:
    """One row a note, or more for a long one; those that are only a name and its colour share rows."""
    for is_key, group in groupby(notes, lambda note: note.color is not None and note.score is None):
        if is_key:
            yield from _key(list(group), size, width)
            continue
        for note in group:
            text, font = set_in(note.text, size)
            room = width * (1 - BAR) - size * 4.8 if note.score is not None else width - size * 1.2
            lines = [shortened(text, font, room)] if note.score is not None else list(_wrapped(text, font, room))
            for line in lines:
                yield [(size * 0.6, Note(line, note.score, note.color))]


def _key(notes: Sequence[Note], size: int, width: int) -> Iterator[Row]:
    row: Row = []
    left = size * 0.6
    for note in notes:
        text, font = set_in(note.text, size)
        text = shortened(text, font, width - size * 2.2)
        length = size + font.getlength(text)
        if row and left + length > width - size * 0.6:
            yield row
            row, left = [], size * 0.6
        row.append((left, Note(text, None, note.color)))
        left += length + size * 1.4
    yield row


def _wrapped(text: str, font: Font, width: float) -> Iterator[str]:
    # Scripts without spaces are broken between any two letters.
    glue = " " if " " in text else ""
    line = ""
    for part in text.split(" ") if glue else text:
        longer = f"{line}{glue}{part}" if line else part
        if line and font.getlength(longer) > width:
            yield shortened(line, font, width)
            longer = part
        line = longer
    if line:
        yield shortened(line, font, width)


def _write(pen: ImageDraw.ImageDraw, note: Note, place: tuple[float, float], size: int) -> None:
    left, middle = place
    text, font = set_in(note.text, size)
    if note.color and note.score is None:
        swatch = (left, middle - size / 3, left + size * 2 / 3, middle + size / 3)
        pen.rounded_rectangle(swatch, size / 8, color_of(note.color))
        left += size
    pen.text((left, middle), text, fill=PAPER, font=font, anchor="lm")


def _bar(pen: ImageDraw.ImageDraw, note: Note, end: tuple[int, float], size: int) -> None:
    assert note.score is not None
    width, middle = end
    figure, font = set_in(f"{note.score:.2f}", size)
    right = width - size * 0.6
    pen.text((right, middle), figure, fill=FAINT, font=font, anchor="rm")
    right -= font.getlength("0.00") + size * 0.6
    left, thick = right - width * BAR, max(2.0, size / 4)
    pen.rounded_rectangle((left, middle - thick / 2, right, middle + thick / 2), thick / 2, TRACK)
    if note.score > 0:
        reach = left + max(thick, (right - left) * note.score)
        color = color_of(note.color) if note.color else BLUE
        pen.rounded_rectangle((left, middle - thick / 2, reach, middle + thick / 2), thick / 2, color)
