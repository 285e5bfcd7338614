"""What people see on a terminal, and what they do not see where there is none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import process

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

import pty

PLAIN = {"TERM": "xterm-256color", "COLUMNS": "100", "NO_COLOR": ""}


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal: ours, and the program's."""
    ours, its = pty.openpty()
    yield ours, its
    for end in (ours, its):
        with suppress(OSError):
            os.close(end)


def seen(terminal: tuple[int, int]) -> str:
    """What was written to the terminal by a program that has begun, to its end."""
    ours, its = terminal
    os.close(its)
    parts: list[bytes] = []
    # Linux reports an error, rather than an end, when nobody has the other side open.
    with suppress(OSError):
        while part := os.read(ours, 65_536):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.fixture
def many(samples: Mapping[str, Path], tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3):
        shutil.copy(samples["coffee"], folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"broken")
    return folder


def test_the_bar_is_on_stderr_and_answers_are_not_touched_by_it(many: Path, terminal: tuple[int, int]) -> None:
    running = process("classify", many, "--json", stderr=terminal[1], env=PLAIN)
    shown = seen(terminal)
    answers = running.communicate()[0]
    assert running.returncode == 1
    assert len([json.loads(line) for line in answers.splitlines()]) == 4
    assert "\x1b" not in answers
    assert "4/4" in shown
    assert "1 failed" in shown
    assert "broken.png" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l"), "the cursor is shown again"


def test_ctrl_c_gives_the_cursor_back(many: Path, terminal: tuple[int, int], samples: Mapping[str, Path]) -> None:
    for number in range(3, 300):
        os.link(many / "0.png", many / f"{number}.png")
    assert samples
    running = process("detect", many, "--json", stderr=terminal[1], env=PLAIN)
    assert running.stdout
    for _ in range(2):
        running.stdout.readline()
    running.send_signal(signal.SIGINT)
    shown = seen(terminal)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Stopped. What was finished is kept." in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")


@pytest.mark.parametrize(("no_color", "has_color"), [("", True), ("1", False)])
def test_colours_on_a_terminal_unless_they_are_unwanted(
    samples: Mapping[str, Path], terminal: tuple[int, int], no_color: str, has_color: bool
) -> None:
    running = process("detect", samples["coffee"], stdout=terminal[1], env=PLAIN | {"NO_COLOR": no_color})
    shown = seen(terminal)
    assert (running.communicate()[1], running.returncode) == ("", 0)
    assert "dining table" in shown
    assert ("■" in shown, "\x1b[9" in shown or "\x1b[3" in shown) == (has_color, has_color)


def test_a_stream_that_lacks_characters_does_not_end_the_answers(samples: Mapping[str, Path]) -> None:
    running = process("faces", samples["astronaut"], env={"PYTHONIOENCODING": "ascii"})
    answer, said = running.communicate()
    assert (running.returncode, said) == (0, "")
    assert r"5\xb0" in answer


def test_libraries_warnings_are_not_shown(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "odd.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\x01")
    with pytest.warns(UserWarning, match="Corrupt EXIF"), Image.open(tmp_path / "odd.jpg") as picture:
        picture.getexif()
    running = process("classify", tmp_path / "odd.jpg", "--json")
    answer, said = running.communicate()
    assert (running.returncode, said) == (0, "")
    assert json.loads(answer)["labels"]
