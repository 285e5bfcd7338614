"""Sample pictures, taken from the package index like weights, so that no picture lies in this repository."""

from __future__ import annotations

from pathlib import Path

from visionhub.providers.local.cards import card
from visionhub.providers.local.weights import WeightsStore


def pictures(store: WeightsStore) -> dict[str, Path]:
    """`astronaut chelsea coffee motorcycle page rocket`: photographs in the public domain or under CC0, pulled if need be."""
    return store.ensure(card("samples"))
