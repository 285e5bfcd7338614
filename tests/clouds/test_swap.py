"""The swap: one program, six vendors and this machine; one word changed in the file each time, and one schema for all answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.clouds.aws.test_suite import at as aws
from tests.clouds.azure.test_suite import at as azure
from tests.clouds.google.test_suite import at as google
from tests.clouds.openai.test_suite import at as openai
from tests.test_conformance import STORE
from visionhub.providers.local.cards import all_cards
from visionhub.tasks import RESULTS
from visionhub.testing.pictures import scene

PROGRAM = """
import json, sys
from visionhub import Hub

with Hub() as hub:
    answers = [hub.classify(sys.argv[1]), hub.detect(sys.argv[1]), hub.ocr(sys.argv[1]), hub.moderate(sys.argv[1])]
print(json.dumps([answer.to_dict() for answer in answers]))
"""
NAMES = ("api4ai", "aws", "azure", "clarifai", "google", "openai", "local")


def file(url: str, name: str, home: Path) -> str:
    vendors = {
        "api4ai": {"key": "any", "base_url": url}, "aws": aws(url), "azure": azure(url), "clarifai": {"pat": "any", "base_url": url},
        "google": google(url), "openai": openai(url),
    }  # fmt: skip
    tables = [
        f"[providers.{vendor}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
        for vendor, options in vendors.items()
    ]
    return "\n".join([f"home = {json.dumps(str(home))}", "[routes.default]", f'use = ["{name}"]', *tables])


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_word_swaps_the_vendor(gateway: str, tmp_path: Path, name: str) -> None:
    if name == "local" and any(STORE.missing(card) for card in all_cards().values()):
        pytest.skip("the local weights are missing: run `make weights`")
    (tmp_path / "visionhub.toml").write_text(file(gateway, name, STORE.folder.parent))
    (tmp_path / "program.py").write_text(PROGRAM)
    scene().save(tmp_path / "scene.jpg")
    bare = {key: value for key, value in os.environ.items() if not key.startswith("VISIONHUB_")}
    done = subprocess.run(
        [sys.executable, "program.py", "scene.jpg"],
        cwd=tmp_path, env={**bare, "PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert [answer["task"] for answer in answers] == ["classify", "detect", "ocr", "moderate"]
    for answer in answers:
        Draft202012Validator(RESULTS[answer["task"]].model_json_schema(mode="serialization")).validate(answer)
        assert answer["provider"] == name
