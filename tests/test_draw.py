"""Annotated pictures: everything shown, nothing overlapping, at any size."""

from __future__ import annotations

import io
from itertools import combinations
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionhub import (
    Box,
    Caption,
    Comparison,
    Detections,
    Faces,
    Image,
    InputError,
    Labels,
    Moderation,
    Point,
    Polygon,
    Result,
    Text,
)
from visionhub.draw import Mark, annotate
from visionhub.draw.lettering import set_in, shortened
from visionhub.draw.names import placed
from visionhub.draw.palette import color_of
from visionhub.tasks.caption import Region
from visionhub.tasks.classify import Label
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Attribute, Face, Pose
from visionhub.tasks.moderate import Category
from visionhub.tasks.ocr import Line
from visionhub.testing.pictures import encoded, scene

BOX = Box(x0=0.2, y0=0.3, x1=0.7, y1=0.8)
POLYGON = Polygon(
    (Point(x=0.1, y=0.2), Point(x=0.9, y=0.25), Point(x=0.9, y=0.4), Point(x=0.1, y=0.35)),
)
RESULTS: tuple[Result, ...] = (
    Labels(labels=(Label(name="house", score=0.9), Label(name="barn", score=None))),
    Detections(objects=(Object(name="house", score=0.9, box=BOX), Object(name="sun", score=None, box=BOX))),
    Text.of([Line(text="Zum goldenen Löwen", score=0.99, polygon=POLYGON)]),
    Faces(
        faces=(
            Face(
                box=BOX,
                score=0.9,
                landmarks={"nose": Point(x=0.45, y=0.5)},
                pose=Pose(roll=1, yaw=2, pitch=3),
                attributes={"age": Attribute(value=31.5), "smile": Attribute(value=True)},
            ),
        )
    ),
    Comparison(same=True, similarity=0.8, threshold=0.5, a=ComparedFace(box=BOX), b=ComparedFace(box=BOX)),
    Moderation.of([Category(name="sexual", score=0.9, flagged=True, native="nsfw")]),
    Caption(
        text="A red house under a yellow sun.", tags=("house",), regions=(Region(text="a sun", score=0.5, box=BOX),)
    ),
)
SIDES = st.floats(0, 1)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x0, x1), (y0, y1) = (sorted((draw(SIDES), draw(SIDES))) for _ in range(2))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


@pytest.mark.parametrize("size", [(1, 1), (32, 24), (640, 480), (3000, 60), (40, 2000)])
@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.task)
def test_every_answer_is_drawn_at_any_size(result: Result, size: tuple[int, int]) -> None:
    picture = Image(PIL.Image.new("RGB", size, "grey"))
    drawn = result.draw(*[picture] * (2 if result.task == "compare" else 1))
    assert drawn.mode == "RGB"
    assert max(drawn.size) >= 480, "what is tiny is enlarged"
    assert len(drawn.getcolors(drawn.width * drawn.height) or ()) > 1


def test_an_outline_runs_where_the_box_is() -> None:
    picture = PIL.Image.new("RGB", (1000, 800), "white")
    drawn = annotate(picture, [Mark("house", None, BOX)], names=False)
    for at in ((200, 400), (699, 400), (450, 241), (450, 638)):
        assert drawn.getpixel(at) == color_of("house")
    assert drawn.getpixel((450, 440)) == (255, 255, 255)
    assert picture.getcolors() == [(800_000, (255, 255, 255))], "the caller's picture stays as it was"


def test_a_colour_stays_with_its_name() -> None:
    # These are in people's slides: a change of palette is a change of interface.
    assert color_of("person") == color_of("person")
    assert len({color_of(name) for name in ("person", "car", "dog", "cup")}) == 4
    assert color_of("same") != color_of("different")


@given(st.lists(boxes(), max_size=25), st.integers(480, 2000), st.integers(480, 2000))
def test_names_lie_inside_the_picture_and_on_no_other(found: list[Box], width: int, height: int) -> None:
    marks = [Mark(f"thing {number}", 0.5, box) for number, box in enumerate(found)]
    names, homeless = placed(marks, (width, height), 16, 2.0)
    assert len(names) + len(homeless) == len(marks)
    for name in names:
        left, top, right, bottom = name.spot
        assert -1e-6 <= left <= right <= width + 1e-6
        assert -1e-6 <= top <= bottom <= height + 1e-6
    for one, two in combinations((name.spot for name in names), 2):
        across, down = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
        assert min(across, down) <= 1e-6


def test_names_that_find_no_room_are_counted_below() -> None:
    picture = PIL.Image.new("RGB", (640, 480), "white")
    crowd = [Mark("person", 0.9, Box(x0=i / 40, y0=0.5, x1=i / 40 + 0.02, y1=0.6)) for i in range(39)]
    assert annotate(picture, crowd[:2]).size == (640, 480)
    assert annotate(picture, crowd).height > 480


@pytest.mark.parametrize("text", ["Löwe", "tab\tand\x00\x1b[31m control", "  wide   space  "])
def test_letters_are_printable(text: str) -> None:
    drawable, font = set_in(text, 20)
    assert drawable
    assert drawable.isprintable()
    assert "  " not in drawable
    assert font.getlength(drawable) > 0


@given(st.text(max_size=40), st.integers(0, 300))
def test_what_is_shortened_fits(text: str, width: int) -> None:
    drawable, font = set_in(text, 16)
    assert font.getlength(shortened(drawable, font, width)) <= width


def test_a_notebook_shows_the_annotated_picture() -> None:
    result = RESULTS[1].about(Image(scene(3000, 2000)))
    shown = result._repr_png_()
    assert shown
    with PIL.Image.open(io.BytesIO(shown)) as picture:
        assert (picture.format, max(picture.size)) == ("PNG", 1600)


def test_a_notebook_shows_the_text_when_the_picture_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    path.write_bytes(encoded(scene()))
    result = RESULTS[1].about(Image(path).load())
    assert result.draw().size == (640, 480)
    path.unlink()
    assert result._repr_png_() is None
    assert RESULTS[1]._repr_png_() is None
    with pytest.raises(InputError, match="not tied to its picture"):
        RESULTS[1].draw()
