"""Batches become as large as serves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from visionhub.providers.local.engines.torch.pace import Pace


def sizes(pace: Pace, cost: Callable[[int], float], there: int, batches: int) -> list[int]:
    """What it takes, if a batch of a size costs so much."""
    taken = []
    for _ in range(batches):
        assert 1 <= pace.size <= pace.most
        size = min(pace.size, there)
        pace.note(size, cost(size))
        taken.append(size)
    return taken


def test_one_that_does_not_learn_takes_all_there_are() -> None:
    assert sizes(Pace(8), lambda size: size**2, 5, 3) == [5, 5, 5]
    assert sizes(Pace(8), lambda size: size**2, 50, 3) == [8, 8, 8]


@pytest.mark.parametrize(
    ("cost", "begun"),
    [
        (lambda size: 1 + size, [1, 1, 2, 2, 4, 4, 8, 8, 8]),
        (lambda size: size**1.1, [1, 1, 2, 2, 1]),
        (lambda size: abs(size - 4) * 9 + size, [1, 1, 2, 2, 4, 4, 8, 8, 4]),
    ],
)
def test_the_cheapest_size_is_found_and_others_tried_now_and_then(
    cost: Callable[[int], float], begun: list[int]
) -> None:
    taken = sizes(Pace(8, learns=True), cost, 50, 400)
    assert taken[: len(begun)] == begun
    best = begun[-1]
    assert {size for size in taken[8:] if size != best} <= {best // 2, 2 * best}
    assert 4 <= sum(size != best for size in taken[8:]) <= 12


def test_one_that_was_misjudged_is_found_later() -> None:
    pace = Pace(4, learns=True)
    sizes(pace, lambda size: size * (9 if size == 2 else 1), 50, 40)
    taken = sizes(pace, lambda size: 1 if size == 2 else size, 50, 400)
    assert taken[-10:].count(2) >= 9


def test_of_few_that_are_there_all_are_taken_if_more_would_be_better() -> None:
    pace = Pace(8, learns=True)
    sizes(pace, lambda size: 10 + size, 50, 9)
    assert sizes(pace, lambda size: 10 + size, 3, 4) == [3, 3, 3, 3]


def test_what_did_not_fit_is_not_tried_again() -> None:
    pace = Pace(8, learns=True)
    pace.shrink(8)
    assert set(sizes(pace, lambda size: 1 / size, 50, 60)) == {1, 2, 4}
    pace.shrink(1)
    assert pace.size == 1
