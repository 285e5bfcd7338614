"""Exit codes, usage errors, Ctrl-C and closed pipes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import visionhub
from tests.cli.conftest import Program, is_whole, process


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["detect"], "Missing argument"),
        (["detect", "x.png", "--min-score", "3"], "--min-score"),
        (["detect", "x.png", "--max-results", "0"], "--max-results"),
        (["detect", "x.png", "--nonsense"], "--nonsense"),
        (["detct", "x.png"], "detct"),
        (["generate", "a house", "--size", "large"], "--size"),
        (["detect", "x.png", "--provider", "gogle"], "gogle"),
        (["detect", "x.png", "--timeout", "-1"], "timeout"),
        (["detect", "x.png", "y.png", "--save", "one.png"], "is one file, and there are 2 pictures"),
        (["detect", "x.png", "--save", "one.xyz"], "does not say which format"),
        (["models", "pull", "ocrr"], "ocrr"),
        (["models", "pull", "--from", "missing"], "missing"),
        (["providers", "gogle"], "gogle"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_done(
    program: Program, arguments: list[str], said: str
) -> None:
    ended = program(*arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_version_and_help(program: Program) -> None:
    assert program("--version").stdout == f"visionhub {visionhub.__version__}\n"
    for arguments in (["-h"], ["detect", "-h"], ["models", "pull", "--help"]):
        ended = program(*arguments)
        assert (ended.exit_code, "Usage: " in ended.stdout) == (0, True)


def test_a_wrong_model_names_the_right_one(program: Program, samples: Mapping[str, Path]) -> None:
    ended = program("detect", samples["coffee"], "--model", "ssd-mobilenet-v3")
    assert ended.exit_code == 1
    assert "Did you mean ssd-mobilenet-v2?" in ended.stderr


def test_without_its_extra_it_says_how_to_get_it() -> None:
    blocked = "import sys; sys.modules['typer'] = None; from visionhub.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "The command line is not installed. Add it with: pip install 'visionhub[cli]'\n"


def test_offline_without_weights_says_what_to_run(tmp_path: Path, samples: Mapping[str, Path]) -> None:
    running = process("classify", samples["coffee"], "--offline", env={"VISIONHUB_HOME": str(tmp_path)})
    said = running.communicate()[1]
    assert running.returncode == 1
    assert "visionhub models pull efficientnet-lite3" in said


def many(samples: Mapping[str, Path], folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        shutil.copy(samples["coffee"], folder / f"{number:04}.png")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_at_once_and_keeps_what_is_finished(samples: Mapping[str, Path], tmp_path: Path) -> None:
    folder, out = many(samples, tmp_path / "many", 400), tmp_path / "out"
    running = process("detect", folder, "--json", "--save", out)
    assert running.stdout
    first = running.stdout.readline()
    running.send_signal(signal.SIGINT)
    rest, said = running.communicate(timeout=20)
    answers = [json.loads(line) for line in (first + rest).splitlines()]
    assert running.returncode == 130
    assert said == "Stopped. What was finished is kept.\n"
    assert 0 < len(answers) < 400
    saved = sorted(out.iterdir())
    # One may have been saved whose line was not written any more.
    assert len(answers) <= len(saved) <= len(answers) + 1
    assert all(is_whole(path) for path in saved)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_kill_leaves_no_half_picture(samples: Mapping[str, Path], tmp_path: Path) -> None:
    folder, out = many(samples, tmp_path / "many", 400), tmp_path / "out"
    running = process("detect", folder, "--json", "--save", out)
    assert running.stdout
    for _ in range(3):
        running.stdout.readline()
    running.kill()
    running.communicate()
    assert all(is_whole(path) for path in out.glob("*.png"))


def test_nobody_who_reads_on_is_no_error(samples: Mapping[str, Path], tmp_path: Path) -> None:
    running = process("classify", many(samples, tmp_path / "many", 60), "--json")
    assert running.stdout
    assert running.stderr
    running.stdout.readline()
    running.stdout.close()
    assert running.stderr.read() == ""
    running.stderr.close()
    assert running.wait() == 141
