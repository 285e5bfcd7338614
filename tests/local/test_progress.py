"""The bar: where it is shown, that it goes away, and that threads do not fight over it."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from visionhub.providers.local.progress import show


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Puts a terminal in place of stderr. No fixture: pytest puts its own there between those and the test."""
    pytest.importorskip("rich", reason="rich draws the bar")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return screen


def test_a_watched_terminal_sees_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with show("graph[1].onnx", 1_000) as moved:
        moved(500)
        moved(1_000)
    assert "graph[1].onnx" in terminal.getvalue()
    assert "1.0/1.0 kB" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K"), "the line is cleared"


def test_a_failure_ends_the_bar_and_the_next_one_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with pytest.raises(KeyError), show("first", 10):
        raise KeyError
    with show("second", 10) as moved:
        moved(10)
    assert "second" in terminal.getvalue()


@pytest.mark.parametrize("stderr", [io.StringIO(), None])
def test_nobody_watching_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO | None) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with show("graph", 10) as moved:
        moved(10)
    assert stderr is None or stderr.getvalue() == ""


def test_without_rich_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with show("graph", 10) as moved:
        moved(10)
    assert terminal.getvalue() == ""


def test_of_several_threads_one_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    together = Barrier(8)

    def pull(number: int) -> None:
        together.wait()
        with show(f"file-{number}", 100) as moved:
            together.wait()
            for done in range(0, 101, 10):
                moved(done)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pull, range(8)))
    assert sum(f"file-{number}" in terminal.getvalue() for number in range(8)) == 1
