"""One module a model family: how its pictures are prepared and its numbers read. A card names its family.

    load(card, models) -> Model

A `Model` takes the body of a request and returns plain data, as JSON could hold it: what becomes `result.raw`.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from visionhub.errors import ConfigError
from visionhub.providers.local.cards import Card, card
from visionhub.providers.local.weights import WeightsStore

T = TypeVar("T")
Model: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]


class Models:
    """The models of one wire, each loaded at first use, once. `threads` is for each of them; None means all cores."""

    def __init__(self, store: WeightsStore, threads: int | None = None) -> None:
        self.store = store
        self.threads = threads
        self._made: dict[Hashable, Any] = {}
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Any:
        """The model (or the part of one) of that card. Raises `ConfigError` or `TransportError` if its weights cannot be had."""

        def load() -> Any:
            chosen = card(name)
            try:
                family = importlib.import_module(f"{__name__}.{chosen.family}")
            except ImportError as error:
                raise ConfigError(
                    f"Local models are not installed: there is no {error.name}.", hint="pip install 'visionhub[local]'"
                ) from error
            return family.load(chosen, self)

        return self.once(name, load)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes, made by the first who asks for `key`; all others wait for it and share it."""
        missing = object()
        made: Any = self._made.get(key, missing)
        if made is missing:
            with self._lock:
                making = self._making.setdefault(key, threading.Lock())
            with making:
                made = self._made.get(key, missing)
                if made is missing:
                    made = self._made[key] = make()
        found: T = made
        return found

    def files(self, chosen: Card) -> dict[str, Path]:
        """The card's weight files, pulled if need be."""
        return self.store.ensure(chosen)

    def clear(self) -> None:
        """Forgets what is loaded."""
        with self._lock:
            self._made.clear()
