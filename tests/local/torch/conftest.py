"""Small models with random weights, saved as `transformers` saves them, and read back the way every model is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra torch is not installed")
pytest.importorskip("transformers", reason="the extra torch is not installed")

from tests.local.torch import small  # it needs both
from visionhub import Hub
from visionhub.config import read

Saved = Callable[[str], str]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The folder of a small model, by its name in `small.MODELS`; saved at first use."""
    folder = tmp_path_factory.mktemp("models")

    def save(name: str) -> str:
        place = folder / name
        if not place.exists():
            small.MODELS[name](place)
        return str(place)

    return save


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def hub() -> Iterator[Hub]:
    # Without a cache: a test that asks the same twice wants it answered twice.
    with Hub("local", settings=read(cache="off")) as made:
        yield made


@pytest.fixture
def hub_with(home: Path) -> Iterator[Callable[..., Hub]]:
    """A hub whose local provider has these options."""
    from visionhub import Settings

    made: list[Hub] = []

    def make(**options: Any) -> Hub:
        settings = Settings.model_validate({"home": home, "providers": {"local": options}, "cache": "off"})
        made.append(Hub("local", settings=settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
