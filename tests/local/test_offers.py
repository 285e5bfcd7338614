"""What is offered follows from what is installed, and what is not offered says how it would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from visionhub import CaptionCall, registry
from visionhub.errors import UnsupportedError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.providers.local import answers
from visionhub.providers.local.hub import usual
from visionhub.testing.pictures import scene


def local(monkeypatch: pytest.MonkeyPatch, home: Path, *installed: str) -> Provider:
    """The provider where only these packages are installed."""
    monkeypatch.setattr(answers, "find_spec", {package: object() for package in installed}.get)
    return registry.get("local").with_options({"home": home})


@pytest.mark.parametrize("model", [None, "max/tiny"])
def test_without_pytorch_it_does_not_caption(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str | None
) -> None:
    provider = local(monkeypatch, tmp_path, "transformers")
    assert "caption" in provider.offers
    assert "caption" not in provider.tasks
    assert "classify" in provider.tasks
    assert provider.capability("caption", model) is None
    with pytest.raises(UnsupportedError, match="local does not caption") as caught:
        run(provider(CaptionCall(image=Image(scene()), model=model)))
    hint = str(caught.value.hint)
    assert "pip install 'visionhub[torch]', HuggingFaceTB/SmolVLM-256M-Instruct does" in hint
    assert "cloud provider" in hint


def test_with_pytorch_the_usual_model_of_the_hub_captions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    provider = local(monkeypatch, tmp_path, "torch", "transformers")
    assert "caption" in provider.tasks
    known = provider.capability("caption")
    assert known is not None
    assert known.model == usual("caption")
    assert provider.version(CaptionCall(image=Image(scene()))).startswith(f"local:{usual('caption')}+")


def test_generate_needs_diffusers_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "'visionhub[torch]' diffusers, segmind/" in registry.get("local").absent["generate"]
    assert "generate" not in local(monkeypatch, tmp_path, "torch", "transformers").tasks
