"""A provider that was only just begun passes the suite, as far as it can without an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from visionhub.tasks import TASKS


def test_it_passes_the_suite(program: Program, tmp_path: Path) -> None:
    made = program("new-provider", "acme", *TASKS, "--into", str(tmp_path))
    assert made.exit_code == 0, made.stderr
    folder = tmp_path / "visionhub-acme"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert found == {
        "pyproject.toml", "tests/test_acme.py", *(f"visionhub_acme/{name}.py" for name in ("__init__", "wire", "errors", *TASKS)),
        "visionhub_acme/notes.md",
    }  # fmt: skip
    # To make large pictures fit takes long, and is the same for all.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not made_to_fit", str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}"}
    told = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert told.returncode == 0, told.stdout
    assert " passed" in told.stdout
    assert "failed" not in told.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Acme", "detect"], "is no name for a provider"), (["local", "detect"], "There is a provider local already"),
        (["acme", "guess"], "guess is no task"),
    ],
)  # fmt: skip
def test_what_cannot_be_begun(program: Program, tmp_path: Path, arguments: list[str], says: str) -> None:
    told = program("new-provider", *arguments, "--into", str(tmp_path))
    assert told.exit_code == 2
    assert says in told.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(program: Program, tmp_path: Path) -> None:
    assert program("new-provider", "acme", "ocr", "--into", str(tmp_path)).exit_code == 0
    told = program("new-provider", "acme", "ocr", "--into", str(tmp_path))
    assert told.exit_code == 2
    assert "is there already" in told.stderr
