"""Whoever asks least for this call, then the next cheapest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.routers.router import Router, in_order, price
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Cheapest(Router):
    """By the price of the first tier; equal prices in the order given, unknown ones last."""

    def price(self, call: Call[Any]) -> float | None:
        """See `Router`."""
        return price(self._sorted(call)[0], call)

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        return in_order(self._sorted(call), call)

    def _sorted(self, call: Call[Any]) -> list[Handler]:
        def usd(handler: Handler) -> float:
            known = price(handler, call)
            return math.inf if known is None else known

        return sorted(self.handlers, key=usd)
