"""Settings: arguments over environment over defaults, and errors that name what is wrong."""

from __future__ import annotations

import importlib
import os
import traceback
from pathlib import Path

import pytest

from visionhub.config import Settings, read
from visionhub.config.file import line_of
from visionhub.errors import ConfigError
from visionhub.kit.options import Options


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


SECRET = "sk-very-secret"


@pytest.mark.parametrize(
    "text",
    [
        f'[providers]\nopenai = "{SECRET}"',
        f'api_key = "{SECRET}"',
        f'cache = "redis:/{SECRET}"',
        f'[providers.openai]\nrate = "{SECRET}"',
        f'[providers.openai]\nprice = "{SECRET}"',
        f'[budget]\nstore = ["{SECRET}"]',
        f'[budget]\nstores = "{SECRET}"',
        f'routes = "{SECRET}"',
        f'[providers.openai]\napi_key = "{SECRET}',
    ],
)
@pytest.mark.parametrize("variable", [None, "VISIONHUB_ATTEMPTS"])
def test_no_traceback_of_a_wrong_file_quotes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, variable: str | None
) -> None:
    if variable:
        monkeypatch.setenv(variable, "2")
    (tmp_path / "visionhub.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "visionhub.toml")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", ["api4ai", "aws", "azure", "clarifai", "google", "openai"])
def test_no_traceback_of_wrong_options_quotes_them(name: str) -> None:
    module = importlib.import_module(f"visionhub.providers.{name}.wire")
    (kind,) = [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Options) and found.__module__ == module.__name__
    ]
    for field in kind.model_fields:
        for options in ({field: [[SECRET]]}, {f"{field}_": SECRET}):
            with pytest.raises(ConfigError) as caught:
                kind.read(name, options)
            assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_no_repr_of_the_settings_shows_a_secret() -> None:
    settings = Settings(providers={"openai": {"api_key": SECRET, "rate": "2/s"}}, cache=f"redis://:{SECRET}@host")  # type: ignore[dict-item]
    assert SECRET not in f"{settings!r} {settings.of('openai')!r} {settings.providers!r}"
    assert "rate=2.0" in repr(settings.of("openai"))


@pytest.mark.parametrize(
    "text",
    [
        "timeout = inf",
        "[budget]\ndaily_usd = inf",
        "[providers.aws]\nrate = inf",
        "[providers.aws]\nprice = {ocr = nan}",
    ],
)
def test_no_limit_is_endless(tmp_path: Path, text: str) -> None:
    (tmp_path / "visionhub.toml").write_text(text)
    with pytest.raises(ConfigError, match="finite"):
        read(tmp_path / "visionhub.toml")


def test_a_key_is_found_in_its_line_however_it_is_written() -> None:
    text = '''title = """
[providers.aws]
rate = 3
"""
[ "providers" . aws ] # x ] # y
rate = "x"
"own#key" = 3
[providers.'my.name']
timeout = -1
[routes.a]
privacy = { mask = ["faces"], region = 4 }
accept.min_score = 7
[routes."x]y"]
use = []
'''
    lines = {
        ("providers", "aws", "rate"): 6,
        ("providers", "aws", "own#key"): 7,
        ("providers", "my.name", "timeout"): 9,
        ("routes", "a", "privacy", "region"): 11,
        ("routes", "a", "accept", "min_score"): 12,
        ("routes", "x]y", "use", "0"): 14,
        ("routes", "b"): None,
    }
    for ending in ("\n", "\r\n"):
        assert {path: line_of(text.replace("\n", ending), path) for path in lines} == lines


@pytest.mark.parametrize("path", ["~nobody-of-that-name/visionhub.toml", "a\0b", "."])
def test_a_file_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(path)
    settings = Settings(providers={"aws": {"key": f"file:{path}"}})  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.options("aws")


def test_a_mark_of_the_encoding_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "visionhub.toml").write_text("timeout = 3", encoding="utf-8-sig")
    assert read(tmp_path / "visionhub.toml").timeout == 3


def test_arguments_go_over_the_file_alike_with_and_without_an_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "visionhub.toml"
    file.write_text("[budget]\nper_call_usd = 0.02\ndaily_usd = 1")
    bare = read(file, budget={"daily_usd": 5})
    assert (bare.budget.daily_usd, bare.budget.per_call_usd) == (5, 0.02)
    monkeypatch.setenv("VISIONHUB_ATTEMPTS", "3")
    assert read(file, budget={"daily_usd": 5}).budget == bare.budget
