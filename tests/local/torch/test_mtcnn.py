"""MTCNN's cascade, without its weights."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from visionhub.providers.local.models.face.mtcnn import Windows, _apart, _cut, _squares


def sums(pixels: torch.Tensor) -> torch.Tensor:
    return functional.pad(pixels, (0, 0, 1, 0, 1, 0)).cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)


def windows(rows: list[tuple[int, float, float, float, float, float]]) -> Windows:
    """Owner, x, y, width, height, score."""
    given = np.array(rows, np.float64).reshape(-1, 6)
    corners, none = given[:, 1:3], np.empty((len(given), 0))
    boxes = np.hstack([corners, corners + given[:, 3:5]])
    return Windows(given[:, 0].astype(np.int64), boxes, given[:, 5], none, none[..., None])


@settings(max_examples=60, deadline=None)
@given(st.integers(-40, 60), st.integers(-40, 60), st.integers(1, 90), st.sampled_from([24, 48]), st.integers(0, 1))
def test_a_square_is_cut_as_torch_s_own_pooling_does_it(x: int, y: int, whole: int, side: int, owner: int) -> None:
    pictures = torch.randint(0, 256, (2, 50, 70, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(whole))
    # Black around, so that there is something to cut where the square leaves the picture.
    around = functional.pad(pictures[owner].permute(2, 0, 1), (150, 150, 150, 150)).double()
    square = around[:, y + 150 : y + 150 + whole, x + 150 : x + 150 + whole]
    expected = functional.adaptive_avg_pool2d(square, side)
    found = _cut(sums(pictures), torch.tensor([[owner, x, y, whole]]), side)
    assert torch.allclose(found[0].double(), expected, atol=1e-3)


def test_nothing_is_cut_from_nothing() -> None:
    assert _cut(sums(torch.zeros(1, 9, 9, 3, dtype=torch.uint8)), torch.zeros(0, 4, dtype=torch.long), 24).shape == (
        0,
        3,
        24,
        24,
    )


boxes = st.tuples(
    st.integers(0, 2), st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(1, 20), st.floats(0, 1)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(boxes, max_size=20), st.booleans())
def test_what_is_left_lies_apart_and_is_better_than_what_is_not(
    rows: list[tuple[int, float, float, float, float, float]], of_smaller: bool
) -> None:
    found = windows(rows)
    left = _apart(found, 0.5, of_smaller=of_smaller)

    def overlaps(one: Windows, at: int, other: Windows, by: int) -> bool:
        a, b = one.boxes[at], other.boxes[by]
        shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
        areas = [(box[2:] - box[:2]).prod() for box in (a, b)]
        return bool(
            one.owner[at] == other.owner[by] and shared > 0.5 * (min(areas) if of_smaller else sum(areas) - shared)
        )

    count = len(left.scores)
    assert not any(overlaps(left, one, left, other) for one in range(count) for other in range(one))
    for at in range(len(found.scores)):
        near = [score for by, score in enumerate(left.scores) if overlaps(found, at, left, by)]
        assert max(near, default=-1) >= found.scores[at], "it is left itself, or gave way to a better one"


def test_squares_lie_around_the_middle() -> None:
    corners, sides = _squares(windows([(0, 10, 20, 30, 10, 1), (0, 5, 5, 0.2, 0.1, 1)]).boxes)
    assert sides.tolist() == [30, 1]
    assert corners[0].tolist() == [10, 10]
