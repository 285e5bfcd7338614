"""Settings: arguments over environment over defaults, and errors that name what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from visionhub.config import Settings, read
from visionhub.errors import ConfigError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("VISIONHUB_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    assert read() == Settings()
    assert read().provider == ("local",)


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISIONHUB_PROVIDER", "google, local")
    monkeypatch.setenv("VISIONHUB_OFFLINE", "1")
    monkeypatch.setenv("VISIONHUB_TIMEOUT", "2.5")
    monkeypatch.setenv("VISIONHUB_HOME", str(tmp_path))
    monkeypatch.setenv("VISIONHUB_PROVIDERS__LOCAL__THREADS", "2")
    settings = read(timeout=9, cache=None)
    assert settings.provider == ("google", "local")
    assert settings.offline is True
    assert settings.timeout == 9
    assert settings.home == tmp_path
    assert settings.options("local") == {"offline": True, "home": tmp_path, "threads": "2"}
    assert settings.limits.offline


@pytest.mark.parametrize(
    ("name", "value"), [("TIMEOUT", "soon"), ("CACHE", "everywhere"), ("ATTEMPTS", "0"), ("MAX_PIXELS", "-1")]
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"VISIONHUB_{name}", value)
    with pytest.raises(ConfigError, match=name.lower()):
        read()


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(ConfigError, match="offlin"):
        read(offlin=True)
