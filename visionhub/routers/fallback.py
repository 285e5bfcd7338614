"""The first handler that can answer: the next is asked when one fails in a way that another may not."""

from __future__ import annotations

from dataclasses import dataclass

from visionhub.flow import Flow
from visionhub.routers.router import Router, in_order
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Fallback(Router):
    """Asks `handlers` in order. See `in_order`."""

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        return in_order(self.handlers, call)
