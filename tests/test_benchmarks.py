"""The rules by which the benchmarks compare texts, and what a run leaves behind."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

pytest.importorskip("jiwer")

from benchmarks import results, run
from benchmarks.quality.data import Row
from benchmarks.quality.reading import by_blocks, by_places, error_rate
from visionhub import Polygon, Text
from visionhub.tasks.ocr import Line

ROW: Row = {
    "width": 100,
    "height": 100,
    "lines": [
        {"quad": [0, 0, 40, 0, 40, 10, 0, 10], "text": "TOTAL"},
        {"quad": [60, 0, 100, 0, 100, 10, 60, 10], "text": "86.00"},
        {"quad": [0, 40, 40, 40, 40, 50, 0, 50], "text": "smudge", "ignore": True},
    ],
}


def read(*lines: tuple[str, float, float]) -> Text:
    """Lines by their text and the middle of a small box, in pixels of `ROW`."""
    corners = ((-2, -2), (2, -2), (2, 2), (-2, 2))
    return Text.of(
        Line(text=text, score=1, polygon=Polygon.clamped(((x + dx) / 100, (y + dy) / 100) for dx, dy in corners))
        for text, x, y in lines
    )


def test_case_space_and_punctuation_do_not_count_and_all_else_does() -> None:
    assert error_rate("Straße, Nr. 5", "STRASSENR5") == 0
    assert error_rate("abcd", "abxd") == 0.25
    assert error_rate("abcd", "abc") == 0.25
    assert error_rate("abcd", "abcde") == 0.25


def test_blocks_are_compared_in_the_order_in_which_they_were_read() -> None:
    row = {"text": "the first column\n\nand another one"}
    answer = read(("and another one", 5, 5), ("the first column", 5, 20))
    assert by_blocks(row, answer) == 0
    assert error_rate(row["text"], answer.text) > 0.5
    assert by_blocks(row, read(("and another one", 5, 5))) == pytest.approx(14 / 27)


def test_lines_are_compared_where_they_stand() -> None:
    assert by_places(ROW, read(("86.00", 80, 5), ("total", 20, 5))) == 0
    assert by_places(ROW, read(("total", 20, 5))) == pytest.approx(4 / 9)
    # Two words of one line, in the wrong order.
    assert by_places(ROW, read(("al", 30, 5), ("tot", 10, 5), ("8600", 80, 5))) == 0


def test_what_stands_nowhere_is_invented_and_what_is_to_be_ignored_is_not() -> None:
    right = ("total", 20, 5), ("86.00", 80, 5)
    assert by_places(ROW, read(*right, ("xyz", 50, 80))) == pytest.approx(3 / 9)
    assert by_places(ROW, read(*right, ("smu", 20, 45))) == 0


def test_a_result_names_neither_the_machine_nor_a_place_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.write("spine", {"hub": 1.5}, 2.0, 0.1)
    record = results.read("spine")
    assert record is not None
    assert record["figures"] == {"hub": 1.5}
    assert socket.gethostname() not in json.dumps(record)
    assert str(Path.home()) not in json.dumps(record)
    assert results.read("map") is None


def test_every_committed_result_is_of_a_benchmark_that_exists() -> None:
    assert {path.stem for path in results.FOLDER.glob("*.json")} <= set(run.MODULES)
