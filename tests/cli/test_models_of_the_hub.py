"""`models` with repositories of the hub: pulled, listed, verified, removed, beside those that are bundled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="the extra torch is not installed")

from huggingface_hub import constants

from tests.cli.conftest import Program
from tests.local.torch.hub_server import Manners, serving
from visionhub.providers.local import site

REPO = "max/tiny"
FILES = {"config.json": b"{}", "model.safetensors": b"x" * 300_000, "preprocessor_config.json": b"{}"}


@pytest.fixture
def manners(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Manners]:
    """A hub with one repository, an empty home and an empty cache."""
    made = Manners()
    made.push(REPO, FILES)
    monkeypatch.setenv("VISIONHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(site, "PAUSE", 0)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving(made) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        yield made


def listed(program: Program) -> dict[str, dict[str, object]]:
    rows = map(json.loads, program("models", "list", "--json").stdout.splitlines())
    return {row["name"]: row for row in rows}


def test_a_repository_is_pulled_listed_verified_and_removed(program: Program, manners: Manners) -> None:
    missing = program("models", "path", REPO)
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert f"run `visionhub models pull {REPO}`" in missing.stderr
    pulled = program("models", "pull", REPO)
    commit = manners.branches[REPO, "main"]
    assert f"{REPO}  pulled  {commit[:12]}  0.3 MB" in pulled.stdout
    assert "is up to date" in program("models", "pull", REPO).stdout
    assert listed(program)[REPO] == {
        "name": REPO, "task": "", "title": commit[:12], "licence": "", "sure": False, "engine": "torch", "bytes": 300_004, "is_here": True,
    }  # fmt: skip
    folder = Path(program("models", "path", REPO).stdout.strip())
    assert (folder.name, (folder / "config.json").read_bytes()) == (commit, b"{}")
    assert f"{REPO}  is right" in program("models", "verify").stdout
    (folder / "model.safetensors").resolve().write_bytes(b"y" * 300_000)
    damaged = program("models", "verify", REPO)
    assert (damaged.exit_code, "is damaged  model.safetensors" in damaged.stdout) == (1, True)
    assert "0.3 MB freed" in program("models", "remove", REPO).stdout
    assert "is missing" in program("models", "verify", REPO).stdout
    assert not folder.exists()


def test_pulled_again_a_name_means_what_is_there_now(program: Program, manners: Manners) -> None:
    program("models", "pull", REPO)
    after = manners.push(REPO, {**FILES, "config.json": b"{ }"})
    assert f"pulled  {after[:12]}" in program("models", "pull", REPO).stdout


def test_the_list_tells_models_of_the_hub_from_those_that_are_bundled(program: Program, manners: Manners) -> None:
    known = listed(program)
    assert (known["yunet"]["engine"], known["google/vit-base-patch16-224"]["engine"]) == ("onnx", "torch")
    assert known["google/vit-base-patch16-224"]["is_here"] is False
    table = program("models", "list").stdout
    assert "MIT?" in table, "a licence that could not be looked up is marked"
    assert manners.seen == []


def test_a_task_without_bundled_models_names_those_of_the_hub(program: Program, manners: Manners) -> None:
    ended = program("models", "pull", "caption")
    assert ended.exit_code == 2
    assert "No model is bundled for caption" in ended.stderr
    assert "HuggingFaceTB/SmolVLM-256M-Instruct (517 MB)" in ended.stderr
    assert manners.seen == []


def test_a_task_means_the_models_of_the_hub_if_it_is_said(program: Program, manners: Manners) -> None:
    manners.push("HuggingFaceTB/SmolVLM-256M-Instruct", FILES)
    manners.push("Salesforce/blip-image-captioning-base", FILES)
    assert program("models", "pull", "caption", "--hub").stdout.count("pulled") == 2
    assert listed(program)["HuggingFaceTB/SmolVLM-256M-Instruct"]["is_here"] is True


def test_what_cannot_be_pulled_says_why(program: Program, manners: Manners, tmp_path: Path) -> None:
    unknown = program("models", "pull", "max/none")
    assert (unknown.exit_code, "There is no model max/none" in unknown.stderr) == (2, True)
    copied = program("models", "pull", REPO, "--from", tmp_path)
    assert (copied.exit_code, "name it as the model" in copied.stderr) == (2, True)
    nameless = program("models", "pull", "max/none/x")
    assert (nameless.exit_code, "OWNER/NAME@REVISION" in nameless.stderr) == (2, True)
