"""The program in this process, and in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from visionhub.cli.app import app
from visionhub.testing.pictures import page, scene

Program = Callable[..., Result]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Runs the program in an empty folder, and returns its exit code and what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder: two pictures, one of them in a folder of its own, one that is broken, and a text."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    scene().save(folder / "scene.jpg")
    page("Good morning").save(folder / "more" / "page.png")
    (folder / "broken.png").write_bytes((folder / "more" / "page.png").read_bytes()[:900])
    (folder / "notes.txt").write_text("no picture")
    return folder


def process(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """The program as a process of its own, which Ctrl-C reaches even where these tests run in the background."""
    command = [sys.executable, "-m", "visionhub.cli", *map(str, arguments)]
    environment = os.environ | options.pop("env", {})
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, text=True, env=environment, **streams)
    finally:
        signal.signal(signal.SIGINT, before)


def is_whole(path: Path) -> bool:
    """Whether a picture was written to its end."""
    with Image.open(path) as picture:
        picture.load()
    return True
