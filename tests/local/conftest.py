"""The tiny wheel, an index that serves it, and a store that pulls from there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.local import wheel
from tests.local.index_server import Manners, serving
from visionhub.providers.local import download
from visionhub.providers.local.cards import Card, all_cards
from visionhub.providers.local.weights import WeightsStore


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    # The loopback needs no certificates, and reading them takes longer than all else.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def wheels(tmp_path: Path) -> Iterator[Path]:
    """A folder with the tiny wheel, whose cards are known meanwhile."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel.publish(folder)
    yield folder
    wheel.withdraw()


@pytest.fixture
def card(wheels: Path) -> Card:
    assert wheels.is_dir()
    return all_cards()["tiny-a"]


@pytest.fixture
def other(card: Card) -> Card:
    """A card that shares a file with `card`."""
    assert card.name == "tiny-a"
    return all_cards()["tiny-b"]


@pytest.fixture
def manners() -> Manners:
    return Manners()


@pytest.fixture
def index_url(manners: Manners) -> Iterator[str]:
    with serving(manners) as url:
        yield url


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which are noted and not made."""
    made: list[float] = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=made.append))
    return made


@pytest.fixture
def store(tmp_path: Path, index_url: str, pauses: list[float]) -> WeightsStore:
    assert pauses == []
    return WeightsStore(tmp_path / "home" / "weights", index_url=index_url)
