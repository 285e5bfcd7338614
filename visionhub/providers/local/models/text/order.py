"""In which order a reader takes the blocks of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

SLACK: Final = 0.3
"""Blocks stand above each other if they share more than this part of the narrower one's width."""


class Frame(NamedTuple):
    """Around a block, in the level frame of the page."""

    left: float
    top: float
    right: float
    bottom: float


def reading_order(frames: Sequence[Frame]) -> list[int]:
    """The indices of the frames: one comes after those above it and those wholly to its left (Breuel 2003, two rules)."""
    everything = range(len(frames))
    before = {index: {other for other in everything if _precedes(frames, other, index)} for index in everything}
    order = []
    while before:
        # The rules may contradict each other in a circle: then the one with the fewest before it goes first.
        fewest = min(len(needed) for needed in before.values())
        index = min((index for index in before if len(before[index]) == fewest), key=lambda index: frames[index].top)
        order.append(index)
        del before[index]
        for needed in before.values():
            needed.discard(index)
    return order


def overlap(first_start: float, first_end: float, second_start: float, second_end: float) -> float:
    """The length that two spans share; below 0, the gap between them."""
    return min(first_end, second_end) - max(first_start, second_start)


def _precedes(frames: Sequence[Frame], first: int, second: int) -> bool:
    if first == second:
        return False
    one, two = frames[first], frames[second]
    slack = SLACK * min(one.right - one.left, two.right - two.left)
    if overlap(one.left, one.right, two.left, two.right) > slack:
        return one.top + one.bottom < two.top + two.bottom
    if one.left + one.right > two.left + two.right:
        return False
    spanning = (frame for index, frame in enumerate(frames) if index not in {first, second})
    return not any(_stands_between(frame, one, two) for frame in spanning)


def _stands_between(frame: Frame, one: Frame, two: Frame) -> bool:
    """Whether it spans the columns of both, below the one and above the other."""
    middle = (frame.top + frame.bottom) / 2
    return (
        min(one.bottom, two.bottom) <= middle <= max(one.top, two.top)
        and overlap(one.left, one.right, frame.left, frame.right) > 0
        and overlap(two.left, two.right, frame.left, frame.right) > 0
    )
