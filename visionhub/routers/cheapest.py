"""Whoever asks least for this call, then the next cheapest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.routers.router import Router, in_order
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Cheapest(Router):
    """By the price in the capability, first tier; equal prices in the order given, unknown ones last."""

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""

        def price(handler: Handler) -> float:
            capability = handler.capability(call.task)
            known = capability.cost(call) if capability else None
            return math.inf if known is None else known

        return in_order(sorted(self.handlers, key=price), call)
