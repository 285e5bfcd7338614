"""The parts of reading that need no network: quadrilaterals, tiles, order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionhub.providers.local.models.text import detector, quad
from visionhub.providers.local.models.text.order import Frame, reading_order

SIDES = st.integers(1, 40)


@given(SIDES, SIDES, st.integers(0, 3), st.data())
def test_points_come_back_from_a_turned_picture(width: int, height: int, turns: int, data: st.DataObject) -> None:
    column, row = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    picture = np.zeros((height, width), np.uint8)
    picture[row, column] = 1
    ((y, x),) = np.argwhere(np.rot90(picture, turns))
    # A pixel's middle, since a turn maps edges to edges.
    back = quad.unturn_points(np.array([[x + 0.5, y + 0.5]], np.float32), turns, width, height)
    assert back.tolist() == [[column + 0.5, row + 0.5]]


@given(st.floats(5, 200), st.floats(5, 200), st.floats(-180, 180))
def test_a_level_quad_starts_at_its_top_left(width: float, height: float, angle: float) -> None:
    corners = quad.level_quad((300, 300), (width, height), angle)
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    assert along[0] >= abs(along[1]) - 1e-2
    assert down[1] >= abs(down[0]) - 1e-2
    assert sorted(quad.quad_size(corners)) == pytest.approx(sorted((width, height)), rel=1e-3)
    assert quad.quad_size(quad.turn_quad(corners, 1)) == pytest.approx(quad.quad_size(corners)[::-1], rel=1e-3)


@given(st.integers(1, 20_000).map(lambda length: length * 32))
def test_tiles_cover_a_length_without_gaps(length: int) -> None:
    spans = detector._spans(length)
    assert spans[0].keep_from == 0
    assert spans[-1].keep_to == length
    for before, after in pairwise(spans):
        assert before.keep_to == after.keep_from
    for span in spans:
        assert 0 <= span.start <= span.keep_from < span.keep_to <= span.end <= length
        assert span.end - span.start <= detector.TILE + detector.STRIDE


def block(left: float, top: float, width: float = 10, height: float = 10) -> Frame:
    return Frame(left, top, left + width, top + height)


def test_columns_under_a_heading() -> None:
    heading, left, right, foot = block(0, 0, 50, 5), block(0, 10, 20, 60), block(30, 8, 20, 60), block(0, 80, 50, 5)
    assert reading_order([foot, right, left, heading]) == [3, 2, 1, 0]


def test_a_heading_between_columns_parts_them() -> None:
    frames = [block(0, 0, 20), block(30, 0, 20), block(0, 20, 50, 4), block(0, 30, 20), block(30, 30, 20)]
    assert reading_order(frames) == [0, 1, 2, 3, 4]


@given(st.lists(st.builds(block, *[st.floats(0, 100)] * 2, *[st.floats(1, 60)] * 2), max_size=12))
def test_every_block_is_read_once(frames: list[Frame]) -> None:
    assert sorted(reading_order(frames)) == list(range(len(frames)))
