"""What the package offers, what importing it costs, and what its errors look like."""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import visionhub
from visionhub import AsyncHub, ConfigError, Hub, errors
from visionhub.errors import RateLimitError, VisionError

PUBLIC = {
    "__version__", "Affine", "Analysis", "AsyncHub", "Attempt", "AuthError", "Box", "BudgetError", "Call", "Caption", "CaptionCall", "ClassifyCall",
    "CompareCall", "Comparison", "ConfigError", "DecodeError", "DetectCall", "Detections", "EmbedCall", "Embedding", "Faces", "FacesCall", "GenerateCall", "Hub",
    "Image", "Images", "InputError", "Labels", "Limits", "ModerateCall", "Moderation", "OcrCall", "Point", "Polygon", "PrivacyError", "PrivacyPolicy", "ProviderError",
    "QuotaError", "RateLimitError", "RefusedError", "Result", "Settings", "Text", "TimeoutError", "TransportError", "UnsupportedError",
    "Usage", "VisionError", "Warning", "decode",
}  # fmt: skip
HEAVY = {
    "PIL",
    "pydantic",
    "numpy",
    "httpx",
    "pydantic_settings",
    "onnxruntime",
    "cv2",
    "torch",
    "rich",
    "typer",
    "asyncio",
}
SOURCES = sorted(Path(visionhub.__file__).parent.rglob("*.py"))


def modules_after(code: str) -> set[str]:
    bare = "import sys; before = set(sys.modules)\n"
    show = "\nprint(*sorted(set(sys.modules) - before))"
    # With a setting to read, pydantic-settings is loaded, which is as it should be.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VISIONHUB_")}
    command = [sys.executable, "-c", bare + code + show]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(run.stdout.split())


def test_public_names_are_what_is_listed() -> None:
    assert set(visionhub.__all__) == PUBLIC
    for name in visionhub.__all__:
        assert getattr(visionhub, name)
    with pytest.raises(AttributeError, match="hubb"):
        visionhub.hubb  # noqa: B018


def test_importing_loads_next_to_nothing() -> None:
    assert len(modules_after("import visionhub")) < 80


def test_a_hub_loads_no_engine_and_no_library() -> None:
    loaded = {name.partition(".")[0] for name in modules_after("from visionhub import Hub; Hub()")}
    assert not loaded & HEAVY


@pytest.mark.parametrize("kind", [Hub, AsyncHub])
def test_a_wrong_setting_is_told_at_once(kind: type[Hub | AsyncHub], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("visionhub_attempts", "many")
    with pytest.raises(ConfigError, match="attempts"):
        kind()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_file_is_too_long_and_every_module_says_what_it_is_for(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert ast.get_docstring(ast.parse(text))


def test_half_of_the_files_fit_on_two_screens() -> None:
    lengths = sorted(source.read_text(encoding="utf-8").count("\n") for source in SOURCES)
    assert lengths[len(lengths) // 2] < 120


def test_the_drawn_tree_of_errors_is_complete() -> None:
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, VisionError)}
    assert errors.__doc__ is not None
    drawn = {line.split()[1] for line in errors.__doc__.splitlines() if "──" in line}
    assert classes == drawn | {"VisionError"}
    retried = {line.split()[1] for line in errors.__doc__.splitlines() if line.endswith(" retry")}
    assert retried == {name for name in classes if getattr(errors, name).retryable}


def test_an_error_survives_a_process_boundary() -> None:
    error = RateLimitError("slow down", hint="wait", provider="acme", code="429", retry_after=3)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RateLimitError
    assert (str(again), again.retry_after, again.provider) == ("slow down wait", 3, "acme")


def test_an_error_has_the_form_of_the_contract() -> None:
    error = RateLimitError("slow down", hint="wait", provider="acme", source="a.jpg")
    assert error.to_dict() == {
        "source": "a.jpg",
        "error": {"type": "RateLimitError", "message": "slow down", "provider": "acme", "hint": "wait"},
    }
