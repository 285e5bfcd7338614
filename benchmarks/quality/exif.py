"""One picture written in the eight orientations of EXIF: every task must answer the same.

Per task: how far any corner of any box or outline lies from the upright picture's (the frame is 1 wide), how much any score
differs, and how many orientations gave other names or other text. A difference of 1 means another number of answers. The
files are JPEGs, as cameras write them, so their pixels differ a little.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import PIL.Image

from benchmarks.figures import Figures
from benchmarks.quality.data import answers
from benchmarks.samples import sample
from visionhub import Hub, Image
from visionhub.registry import get
from visionhub.tasks import TASKS, Call, Result

ORIENTATION = 0x0112
FLIP = PIL.Image.Transpose
# How the upright picture lies in the file; whoever reads it undoes that.
STORED = {
    1: None,
    2: FLIP.FLIP_LEFT_RIGHT,
    3: FLIP.ROTATE_180,
    4: FLIP.FLIP_TOP_BOTTOM,
    5: FLIP.TRANSPOSE,
    6: FLIP.ROTATE_90,
    7: FLIP.TRANSVERSE,
    8: FLIP.ROTATE_270,
}
Leaves: TypeAlias = dict[tuple[str, ...], Any]
CORNERS, SCORES, WORDS = {"x", "y", "x0", "y0", "x1", "y1"}, {"score", "similarity"}, {"name", "text", "same"}


def measure() -> Figures:
    hub = Hub("local")
    figures: Figures = {}
    for task in get("local").tasks:
        written = (Image(stored(sample(task), orientation)) for orientation in STORED)
        upright, *others = (leaves(answer) for answer in answers(hub, (asked(task, image) for image in written)))
        figures |= {
            f"{task}: furthest corner": max(furthest(upright, other, CORNERS) for other in others),
            f"{task}: furthest score": max(furthest(upright, other, SCORES) for other in others),
            f"{task}: other words": sum(said(upright) != said(other) for other in others),
        }
    return figures


def stored(path: Path, orientation: int) -> bytes:
    """A JPEG whose pixels lie as a camera held that way writes them."""
    picture, flip = Image(path).rgb(), STORED[orientation]
    buffer, exif = io.BytesIO(), PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    turned = picture if flip is None else picture.transpose(flip)
    turned.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif)
    return buffer.getvalue()


def asked(task: str, image: Image) -> Call[Any]:
    """The task's call; every picture that it takes is this one."""
    call = TASKS[task]
    return call.model_validate({name: image for name, field in call.model_fields.items() if field.annotation is Image})


def leaves(answer: Result) -> Leaves:
    """Every value of an answer, by where it stands in its JSON."""

    def walk(value: Any, *place: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
        if inside is None:
            yield place, value
        else:
            for name, each in inside:
                yield from walk(each, *place, str(name))

    return dict(walk(answer.to_dict()))


def furthest(one: Leaves, other: Leaves, names: set[str]) -> float:
    """The largest difference of numbers of these names; 1 where only one answer has such a number."""
    places = {place for place in one.keys() | other.keys() if place[-1] in names}
    apart = (abs(one[place] - other[place]) if place in one and place in other else 1.0 for place in places)
    return max(apart, default=0.0)


def said(answer: Leaves) -> Leaves:
    return {place: value for place, value in answer.items() if place[-1] in WORDS}
