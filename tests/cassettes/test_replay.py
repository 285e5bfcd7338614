"""Every provider's way through HTTP, played from cassettes: no request that is not there, none that is not played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cassettes.conftest import FOLDER, IS_LIVE, live
from tests.clouds.api4ai import test_suite as api4ai
from tests.clouds.aws import test_suite as aws
from tests.clouds.azure import test_suite as azure
from tests.clouds.clarifai import test_suite as clarifai
from tests.clouds.google import test_suite as google
from tests.clouds.openai import test_suite as openai
from visionhub import registry
from visionhub.flow import run
from visionhub.image import Image
from visionhub.tasks import RESULTS, TASKS, Call
from visionhub.testing import pictures

AT: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "api4ai": api4ai.TestApi4ai.at, "aws": aws.at, "azure": azure.at, "clarifai": clarifai.TestClarifai.at, "google": google.at,
    "openai": openai.at,
}  # fmt: skip
PAIRS = [(name, task) for name in AT for task in registry.get(name).tasks]


def call(task: str) -> Call[Any]:
    """Drawn by code, so that its bytes, and their hash, are the same anywhere: PNG without compression's freedom."""
    image = Image(pictures.encoded(pictures.scene(160, 120), compress_level=0), name="scene.png")
    kind = TASKS[task]
    asked: dict[str, Any] = {"prompt": "a red house"} if task == "generate" else {}
    asked |= {name: image for name, field in kind.model_fields.items() if field.annotation is Image}
    return kind(**asked)


@pytest.mark.vcr
@pytest.mark.parametrize(("provider", "task"), PAIRS)
def test_played(provider: str, task: str, url: str, vcr: Any) -> None:
    options = live(provider) if IS_LIVE else AT[provider](url)
    handler = registry.get(provider).with_options(options)
    result = run(handler(call(task)))
    handler.close()
    assert isinstance(result, RESULTS[task])
    assert result.provider == provider
    assert len(vcr) > 0
    assert vcr.all_played or vcr.record_mode.value != "none"


def test_none_is_orphaned() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.yaml")}
    assert found == {f"{provider}/{task}/asked.yaml" for provider, task in PAIRS}


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_no_secret_and_no_picture_is_kept(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Recorded against ")
    head = text.lower()
    for word in ("secret", "authorization", "api-key", "x-goog", "subscription", "akidexample", "cookie", "127.0.0.1"):
        assert word not in head
    assert "iVBORw0KGgo" not in text.partition("response:")[0]
