"""Which lines belong together, and in which order a reader takes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.models.text.line import Line
from visionhub.providers.local.models.text.order import Frame, overlap, reading_order
from visionhub.providers.local.models.text.quad import quad_size, slice_quad

STRAIGHT: Final = 1.0
"""A line runs more across than down if its run is this many times its rise."""
SAME_HEIGHT: Final = 1.6
TOUCH: Final = 0.15
"""Lines are stacked if they share this part of the narrower one's width."""
NEAR: Final = 2.5
PITCH: Final = 1.9
LEAST_PITCH: Final = 0.4
"""From line to line, in heights of the line."""

GUTTER: Final = 0.5
COLUMN_LENGTH: Final = 5.0
"""A gutter is this wide and a column this long, in heights of the line."""

LOOSER: Final = 1.4
"""A paragraph ends where the pitch is this many times the column's usual one."""
INDENT: Final = 0.6
DEEPEST_INDENT: Final = 4.0

SAME_ROW: Final = 0.35
MOSTLY: Final = 0.75
"""Chains are the columns of one table if this part of the shorter one's lines stands in rows of the other."""
PROSE_LINES: Final = 3
PROSE_LENGTH: Final = 9.0


class Placed(NamedTuple):
    """A line in the page's own frame, which is level even where the page is not."""

    line: Line
    left: float
    right: float
    middle: float
    height: float

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.middle - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.middle + self.height / 2


Row: TypeAlias = list[Placed]
Column: TypeAlias = list[Row]


def arrange(lines: Sequence[Line]) -> list[list[Line]]:
    """Blocks of lines, both in reading order. A line across a gutter between columns is divided."""
    if not lines:
        return []
    tilt = _page_tilt(lines)
    placed = [_place(line, tilt) for line in lines]
    placed = [_place(part, tilt) for item in placed for part in _split_at_gutters(item, placed)]
    columns = _join_rows(_chain_lines(placed))
    ordered = [columns[index] for index in reading_order([_frame(column) for column in columns])]
    return [[item.line for row in block for item in row] for column in ordered for block in _split_paragraphs(column)]


def _place(line: Line, tilt: float) -> Placed:
    cosine, sine = np.cos(tilt), np.sin(tilt)
    points = np.asarray(line.quad, np.float64)
    across, down = points[:, 0] * cosine + points[:, 1] * sine, points[:, 1] * cosine - points[:, 0] * sine
    height = (
        min(quad_size(line.quad)[1], float(np.ptp(down))) if np.ptp(across) >= np.ptp(down) else float(np.ptp(down))
    )
    return Placed(line, float(across.min()), float(across.max()), float(down.mean()), height)


def _page_tilt(lines: Sequence[Line]) -> float:
    """The tilt of the page: that of its long lines, where they agree and run more across than down."""
    angles, weights = [], []
    for line in lines:
        run, rise = line.quad[1] - line.quad[0]
        if run > STRAIGHT * abs(rise):
            angles.append(np.arctan2(rise, run))
            weights.append(run)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    reached = np.cumsum(np.array(weights)[order])
    return float(np.array(angles)[order][np.searchsorted(reached, reached[-1] / 2)])


def _split_at_gutters(item: Placed, placed: Sequence[Placed]) -> list[Line]:
    """A line in parts where neighbouring lines leave a gutter at one of its wide gaps."""
    neighbours = [
        other
        for other in placed
        if other is not item
        and _same_height(other, item)
        and abs(other.middle - item.middle) < NEAR * item.height
        and overlap(other.left, other.right, item.left, item.right) > 0
    ]
    cuts = [0]
    for index in range(1, len(item.line.words)):
        start, end = _word_end(item, index - 1), _word_start(item, index)
        if min(start - item.left, item.right - end) < COLUMN_LENGTH * item.height:
            continue
        slack = GUTTER * item.height / 2
        before = sum(other.right < (start + end) / 2 + slack for other in neighbours)
        after = sum(other.left > (start + end) / 2 - slack for other in neighbours)
        if end - start > 2 * slack and before and after and before + after == len(neighbours):
            cuts.append(index)
    return [_part_of(item.line, first, last) for first, last in pairwise([*cuts, len(item.line.words)])]


def _word_start(item: Placed, index: int) -> float:
    return item.left + _fraction_along(item.line, item.line.words[index].quad[0]) * (item.right - item.left)


def _word_end(item: Placed, index: int) -> float:
    return item.left + _fraction_along(item.line, item.line.words[index].quad[1]) * (item.right - item.left)


def _fraction_along(line: Line, point: NDArray[np.float32]) -> float:
    return float(np.hypot(*(point - line.quad[0]))) / quad_size(line.quad)[0]


def _part_of(line: Line, first: int, last: int) -> Line:
    words = line.words[first:last]
    if len(words) == len(line.words):
        return line
    start = _fraction_along(line, words[0].quad[0]) if first else 0.0
    end = _fraction_along(line, words[-1].quad[1]) if last < len(line.words) else 1.0
    score = float(np.average([word.score for word in words], weights=[len(word.text) for word in words]))
    return Line(" ".join(word.text for word in words), score, slice_quad(line.quad, start, end), words)


def _chain_lines(placed: Sequence[Placed]) -> list[Row]:
    """Lines that follow each other downwards with nothing beside them in between."""
    below = {index: _followers(placed, index) for index in range(len(placed))}
    above: dict[int, list[int]] = {index: [] for index in range(len(placed))}
    for index, under in below.items():
        for follower in under:
            above[follower].append(index)
    following = {index: under[0] for index, under in below.items() if len(under) == 1 and len(above[under[0]]) == 1}
    chains = []
    for first in set(range(len(placed))) - set(following.values()):
        chain, last = [placed[first]], first
        while last in following:
            last = following[last]
            chain.append(placed[last])
        chains.append(chain)
    return chains


def _followers(placed: Sequence[Placed], index: int) -> list[int]:
    """The lines directly below a line, one pitch away."""
    upper = placed[index]
    near = [
        other
        for other, lower in enumerate(placed)
        if LEAST_PITCH * upper.height < lower.middle - upper.middle < PITCH * max(upper.height, lower.height)
        and _stacked(upper, lower)
    ]
    near.sort(key=lambda other: placed[other].middle)
    direct: list[int] = []
    for other in near:
        lower = placed[other]
        hidden = any(
            lower.middle - placed[first].middle > 0.5 * placed[first].height and _stacked(lower, placed[first])
            for first in direct
        )
        if not hidden:
            direct.append(other)
    return [other for other in direct if _same_height(upper, placed[other])] if len(direct) == 1 else direct


def _same_height(first: Placed, second: Placed) -> bool:
    return max(first.height, second.height) < SAME_HEIGHT * min(first.height, second.height)


def _stacked(first: Placed, second: Placed) -> bool:
    narrower = min(first.right - first.left, second.right - second.left)
    return overlap(first.left, first.right, second.left, second.right) > TOUCH * narrower


def _split_paragraphs(column: Column) -> list[Column]:
    """A column cut where the space between its rows widens, and before an indented line."""
    pitches = [after[0].middle - before[0].middle for before, after in pairwise(column)]
    usual = float(np.median(pitches)) if pitches else 0.0
    blocks = [column[:1]]
    for index in range(1, len(column)):
        if pitches[index - 1] > LOOSER * usual or _is_indented(column, index):
            blocks.append([])
        blocks[-1].append(column[index])
    return blocks


def _is_indented(column: Column, index: int) -> bool:
    """Begins to the right of both its neighbours, which begin together, and is not merely a short line set in the middle."""
    if index + 1 == len(column) or any(len(row) > 1 for row in column[index - 1 : index + 2]):
        return False
    before, line, after = (row[0] for row in column[index - 1 : index + 2])
    aligned = abs(before.left - after.left) < INDENT * line.height
    full = line.right > after.right - INDENT * line.height
    return (
        aligned
        and full
        and INDENT * line.height < line.left - max(before.left, after.left) < DEEPEST_INDENT * line.height
    )


def _join_rows(chains: Sequence[Row]) -> list[Column]:
    """Chains side by side whose lines stand in the same rows, as in a table or a bill, become one column, read row by row."""
    table = list(range(len(chains)))
    for left, right in permutations(range(len(chains)), 2):
        if table[left] != table[right] and _are_rows(chains[left], chains[right]):
            table = [table[left] if member == table[right] else member for member in table]
    groups: dict[int, Row] = {}
    for member, chain in zip(table, chains, strict=True):
        groups.setdefault(member, []).extend(chain)
    return [_by_rows(group) for group in groups.values()]


def _are_rows(left: Row, right: Row) -> bool:
    """Whether most lines of the shorter chain continue lines of the other, and the two are not columns of prose."""
    if left[0].middle > right[-1].middle + right[-1].height or right[0].middle > left[-1].middle + left[-1].height:
        return False
    if _is_prose(right) or (_is_prose(left) and not _is_figures(right)):
        return False
    fewer, more = sorted((left, right), key=len)
    paired = sum(any(_in_one_row(line, other) for other in more) for line in fewer)
    return paired >= MOSTLY * len(fewer)


def _in_one_row(first: Placed, second: Placed) -> bool:
    return _same_height(first, second) and abs(first.middle - second.middle) < SAME_ROW * min(
        first.height, second.height
    )


def _is_prose(lines: Row) -> bool:
    lengths = [(item.right - item.left) / item.height for item in lines]
    return len(lines) >= PROSE_LINES and float(np.median(lengths)) >= PROSE_LENGTH


def _is_figures(lines: Row) -> bool:
    text = "".join(item.line.text for item in lines)
    return sum(letter.isdigit() for letter in text) * 2 > sum(letter.isalnum() for letter in text)


def _by_rows(lines: Row) -> Column:
    rows: Column = []
    for item in sorted(lines, key=lambda item: item.middle):
        if rows and item.middle - rows[-1][0].middle < SAME_ROW * item.height:
            rows[-1].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda item: item.left) for row in rows]


def _frame(column: Column) -> Frame:
    items = [item for row in column for item in row]
    return Frame(
        min(item.left for item in items),
        min(item.top for item in items),
        max(item.right for item in items),
        max(item.bottom for item in items),
    )
