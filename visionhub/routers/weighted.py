"""By lot: each handler gets its share of the calls; the others follow if it fails."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from visionhub.errors import ConfigError
from visionhub.flow import Flow
from visionhub.routers.router import Router, in_order
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, eq=False)
class Weighted(Router):
    """`weights`, one a handler: 9 and 1 give the first nine calls of ten. Left out, all get the same."""

    weights: Sequence[float] = ()
    lots: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        known = self.weights or [1.0] * len(self.handlers)
        if len(known) != len(self.handlers) or min(known) < 0 or not sum(known):
            raise ConfigError(
                f"{len(known)} weights do not fit {len(self.handlers)} providers.",
                hint="Give one weight a provider, 0 or more, not all 0.",
            )

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        drawn = self.lots.choices(self.handlers, self.weights or None)[0]
        others = [handler for handler in self.handlers if handler is not drawn]
        return in_order([drawn, *others], call)
