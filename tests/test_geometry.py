"""The laws of places in a picture."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from visionhub.geometry import Affine, Box, Point, Polygon, clamp
from visionhub.tasks import Detections, Faces, Text
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Face
from visionhub.tasks.ocr import Line, Word

units = st.floats(0, 1)
anywhere = st.floats(-1e6, 1e6)
sides = st.integers(1, 100_000)
points = st.builds(Point, x=units, y=units)
boxes = st.builds(Box.clamped, units, units, units, units)
polygons = st.lists(st.tuples(units, units), min_size=3, max_size=9).map(Polygon.clamped)
# Maps that neither flatten the picture nor blow it up: those that cropping, padding, turning and mirroring make.
crops = st.builds(Affine.crop, st.floats(-1, 0.4), st.floats(-1, 0.4), st.floats(0.6, 2), st.floats(0.6, 2))
turns = st.sampled_from(
    [Affine(1, 0, 0, 0, 1, 0), Affine(0, -1, 1, 1, 0, 0), Affine(-1, 0, 1, 0, -1, 1), Affine(-1, 0, 1, 0, 1, 0)]
)


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=0, abs_tol=1e-9)


@given(st.floats(allow_nan=False))
def test_clamping_moves_a_value_to_the_nearer_end(value: float) -> None:
    assert 0 <= clamp(value) <= 1
    assert clamp(value) == value or not 0 <= value <= 1
    assert clamp(clamp(value)) == clamp(value)


@given(anywhere, anywhere, anywhere, anywhere)
def test_a_clamped_box_lies_in_the_frame_whatever_corners_are_given(x0: float, y0: float, x1: float, y1: float) -> None:
    box = Box.clamped(x0, y0, x1, y1)
    assert 0 <= box.x0 <= box.x1 <= 1
    assert 0 <= box.y0 <= box.y1 <= 1
    assert box == Box.clamped(x1, y1, x0, y0)
    assert 0 <= box.area <= 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.01, 1.01])
def test_what_is_outside_the_frame_is_no_point(value: float) -> None:
    with pytest.raises(ValidationError):
        Point(x=value, y=0.5)


def test_what_is_no_number_is_not_clamped_into_one() -> None:
    with pytest.raises(ValidationError):
        Box.clamped(math.nan, 0, 1, 1)


def test_a_box_runs_from_top_left_to_bottom_right_and_an_outline_has_three_corners() -> None:
    with pytest.raises(ValidationError, match="top left"):
        Box(x0=0.5, y0=0, x1=0.4, y1=1)
    with pytest.raises(ValidationError):
        Polygon.clamped([(0, 0), (1, 1)])


@given(boxes, boxes)
def test_overlap_is_symmetric_and_never_more_than_whole(a: Box, b: Box) -> None:
    assert a.iou(b) == b.iou(a)
    assert 0 <= a.iou(b) <= 1


@given(boxes)
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert box.iou(box) == (1 if box.area > 0 else 0)


def test_overlap_is_intersection_over_union() -> None:
    left, right = Box(x0=0, y0=0, x1=0.5, y1=1), Box(x0=0.25, y0=0, x1=0.75, y1=1)
    assert near(left.iou(right), 1 / 3)
    assert left.iou(Box(x0=0.5, y0=0, x1=1, y1=1)) == 0
    tiny = Box(x0=0, y0=0, x1=1e-200, y1=1e-200)
    assert tiny.iou(tiny) == 0


@given(boxes, sides, sides)
def test_pixels_and_back(box: Box, width: int, height: int) -> None:
    x0, y0, x1, y1 = box.pixels(width, height)
    assert 0 <= x0 <= x1 <= width
    assert 0 <= y0 <= y1 <= height
    back = Box.clamped(x0 / width, y0 / height, x1 / width, y1 / height)
    assert all(map(near, astuple(back), astuple(box)))


@given(polygons, sides, sides)
def test_the_box_of_an_outline_touches_it_on_all_sides(polygon: Polygon, width: int, height: int) -> None:
    box = polygon.box
    assert {box.x0, box.x1} <= {point.x for point in polygon.points}
    assert {box.y0, box.y1} <= {point.y for point in polygon.points}
    corners = polygon.pixels(width, height)
    assert corners == [point.pixels(width, height) for point in polygon.points]
    x0, y0, x1, y1 = box.pixels(width, height)
    assert all(x0 <= x <= x1 and y0 <= y <= y1 for x, y in corners)


@given(boxes)
def test_the_centre_lies_in_the_box(box: Box) -> None:
    assert box.x0 <= box.center.x <= box.x1
    assert box.y0 <= box.center.y <= box.y1


@given(st.builds(Affine, *[st.floats(-4, 4)] * 6), units, units)
def test_the_inverse_brings_a_point_back(to: Affine, x: float, y: float) -> None:
    assume(abs(to.a * to.e - to.b * to.d) > 1e-3)
    back_x, back_y = to.inverse.point(*to.point(x, y))
    assert math.isclose(back_x, x, abs_tol=1e-6)
    assert math.isclose(back_y, y, abs_tol=1e-6)


def test_a_map_that_flattens_the_picture_has_no_inverse() -> None:
    with pytest.raises(ZeroDivisionError):
        _ = Affine(1, 0, 0, 1, 0, 0).inverse


@given(crops, st.floats(0.45, 0.55), st.floats(0.45, 0.55))
def test_a_crop_puts_its_corners_into_those_of_the_frame(crop: Affine, x: float, y: float) -> None:
    assert all(map(near, crop.point(*crop.inverse.point(0, 0)), (0, 0)))
    back = crop.inverse.apply(crop.apply(Point(x=x, y=y)))
    assert near(back.x, x)
    assert near(back.y, y)


@given(boxes, crops, turns)
def test_mapping_a_box_is_mapping_its_corners(box: Box, crop: Affine, turn: Affine) -> None:
    for to in (crop, turn):
        mapped = to.apply(box)
        assert isinstance(mapped, Box)
        for x in (box.x0, box.x1):
            for y in (box.y0, box.y1):
                landed = Point.clamped(*to.point(x, y))
                assert mapped.x0 <= landed.x <= mapped.x1
                assert mapped.y0 <= landed.y <= mapped.y1


@given(boxes, turns)
def test_turning_there_and_back_changes_nothing(box: Box, turn: Affine) -> None:
    assert all(map(near, astuple(turn.inverse.apply(turn.apply(box))), astuple(box)))


@given(st.lists(boxes, max_size=4), st.lists(polygons, max_size=4), st.dictionaries(st.text(max_size=3), points), crops)
def test_a_map_reaches_all_places_in_a_result_and_nothing_else(
    found: list[Box], outlines: list[Polygon], marks: dict[str, Point], to: Affine
) -> None:
    objects = Detections(objects=tuple(Object(name="cat", score=0.5, box=box) for box in found), raw={"x": [1, 2]})
    mapped = to.apply(objects)
    assert [one.box for one in mapped.objects] == [to.apply(box) for box in found]
    assert [(one.name, one.score) for one in mapped.objects] == [("cat", 0.5)] * len(found)
    assert mapped.raw == objects.raw

    text = Text(text="", lines=tuple(line(outline) for outline in outlines))
    lines = to.apply(text).lines
    assert [one.polygon for one in lines] == [to.apply(outline) for outline in outlines]
    assert [one.words[0].polygon for one in lines] == [to.apply(outline) for outline in outlines]

    face = Face(box=Box(x0=0, y0=0, x1=1, y1=1), score=None, landmarks=marks)
    (changed,) = to.apply(Faces(faces=(face,))).faces
    assert changed.landmarks == {name: to.apply(point) for name, point in marks.items()}


def test_a_result_without_places_comes_back_equal() -> None:
    plain: list[Any] = [1, "x", None, (), {}, Detections(objects=())]
    to = Affine.crop(0.1, 0.1, 0.9, 0.9)
    assert [to.apply(value) for value in plain] == plain


def line(outline: Polygon) -> Line:
    return Line(text="a", score=1, polygon=outline, words=(Word(text="a", score=1, polygon=outline),))


def astuple(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1
