"""A card whose model runs on PyTorch, as the engine takes it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from visionhub.errors import ConfigError
from visionhub.providers.local.cards import Card
from visionhub.providers.local.weights import WeightsStore

if TYPE_CHECKING:
    from visionhub.providers.local.engines.torch.device import Place
    from visionhub.providers.local.engines.torch.engine import Task


@dataclass(frozen=True)
class FromCard:
    """See `Source`. The card's family is a module of `models/` with a function `load(card, files, place)`."""

    card: Card
    store: WeightsStore

    @property
    def name(self) -> str:
        """The card's."""
        return self.card.name

    @property
    def key(self) -> str:
        """See `Source`."""
        return self.card.name

    @property
    def bytes(self) -> int:
        """See `Source`."""
        return self.card.bytes

    def load(self, place: Place) -> Task:
        """See `Source`. The weights are pulled if need be. Raises `ConfigError` for a precision that it does not have."""
        place.check_floats(self.name)
        try:
            family = importlib.import_module(f"visionhub.providers.local.models.{self.card.family}")
        except ImportError as error:
            raise ConfigError(
                f"{self.name} needs {error.name}, which is not installed.", hint="pip install 'visionhub[local,torch]'"
            ) from error
        return cast("Task", family.load(self.card, self.store.ensure(self.card), place))
