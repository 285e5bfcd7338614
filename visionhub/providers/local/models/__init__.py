"""One module a model family: how its pictures are prepared and its numbers read. A card names its family.

    load(card, models) -> Model

A `Model` takes the body of a request and returns plain data, as JSON could hold it: what becomes `result.raw`.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from visionhub.providers.local.cards import Card, card
from visionhub.providers.local.weights import WeightsStore

Model: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]


class Models:
    """The models of one wire, each loaded at first use, once. `threads` is for each of them; None means all cores."""

    def __init__(self, store: WeightsStore, threads: int | None = None) -> None:
        self.store = store
        self.threads = threads
        self._loaded: dict[str, Model] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Model:
        """The model of that card. Raises `ConfigError` or `TransportError` if its weights cannot be had."""
        if name not in self._loaded:
            with self._lock:
                loading = self._loading.setdefault(name, threading.Lock())
            with loading:
                if name not in self._loaded:
                    chosen = card(name)
                    family = importlib.import_module(f"{__name__}.{chosen.family}")
                    self._loaded[name] = family.load(chosen, self)
        return self._loaded[name]

    def files(self, chosen: Card) -> dict[str, Path]:
        """The card's weight files, pulled if need be."""
        return self.store.ensure(chosen)

    def clear(self) -> None:
        """Forgets what is loaded."""
        with self._lock:
            self._loaded.clear()
