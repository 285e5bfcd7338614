"""What tests take from outside the repository: labelled pictures, weights, sample pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from visionhub import Hub
from visionhub.config import read
from visionhub.providers.local.cards import all_cards
from visionhub.providers.local.samples import pictures
from visionhub.providers.local.weights import WeightsStore
from visionhub.providers.local.wire import LocalOptions

# No test reaches the hub of models by mistake: those of the hub set a server of their own.
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
SHARED = Path(os.environ.get("SHARED_DATA") or Path(__file__).parents[2] / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout, or where `SHARED_DATA` says."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no shared data in {SHARED}: set SHARED_DATA")
    return SHARED


@pytest.fixture(scope="session")
def weights() -> WeightsStore:
    """Where the weights are: those of the models that answer by default, and their parts."""
    store = LocalOptions.read(read(offline=True).options("local")).store
    if missing := [card.name for card in all_cards().values() if (card.default or card.part) and store.missing(card)]:
        pytest.skip(f"no weights of {', '.join(missing)}: run `make weights`")
    return store


@pytest.fixture(scope="session")
def local(weights: WeightsStore) -> Iterator[Hub]:
    """A hub that asks the local provider and needs no network."""
    assert weights.offline
    with Hub("local", settings=read(offline=True)) as hub:
        yield hub


@pytest.fixture(scope="session")
def samples(weights: WeightsStore) -> Mapping[str, Path]:
    """The sample pictures by name."""
    return pictures(weights)
