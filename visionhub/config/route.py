"""One `[routes.NAME]`: who answers, and by which strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, field_validator, model_validator

from visionhub.errors import ConfigError
from visionhub.handler import Handler
from visionhub.privacy import PrivacyPolicy
from visionhub.routers.cascade import Accept, Cascade
from visionhub.routers.cheapest import Cheapest
from visionhub.routers.fallback import Fallback
from visionhub.routers.fastest import Fastest
from visionhub.routers.race import Hedge, Race
from visionhub.routers.router import Router
from visionhub.routers.shadow import Shadow
from visionhub.routers.vote import Vote
from visionhub.routers.weighted import Weighted
from visionhub.value import Value

Strategy: TypeAlias = Literal[
    "fallback", "cascade", "race", "hedge", "vote", "cheapest", "fastest", "weighted", "shadow"
]
ROUTERS: dict[Strategy, type[Router]] = {
    "fallback": Fallback, "cascade": Cascade, "race": Race, "hedge": Hedge, "vote": Vote, "cheapest": Cheapest, "fastest": Fastest,
    "weighted": Weighted, "shadow": Shadow,
}  # fmt: skip
COMMON = frozenset({"use", "strategy", "require", "privacy"})


class Route(Value):
    """See the module.

    use          providers (`azure`), one with another of its models (`openai:gpt-5-mini`), or other routes, by name
    strategy     how they are asked; each has its own options, below
    require      fields of the answer that must be filled (`lines.words`, `faces.landmarks`): who does not fill them is not asked
    privacy      what may leave this machine, and where to: see `PrivacyPolicy`; routes below keep to it as well

    accept       cascade: when an answer is good enough           need         vote: how many must agree
    weights      weighted: one for each of `use`                  explore      fastest: share of calls that go to another
    share        shadow: share of calls that are compared         most         shadow: so many comparisons at a time
    quantile, first_delay, least   hedge: how long to wait        generate     race, hedge: race pictures to be made, too
    """

    model_config = ConfigDict(allow_inf_nan=False)

    use: tuple[str, ...] = Field(min_length=1)
    strategy: Strategy = "fallback"
    require: tuple[str, ...] = ()
    privacy: PrivacyPolicy | None = None
    accept: Accept | None = None
    weights: tuple[float, ...] | None = None
    share: float | None = Field(default=None, ge=0, le=1)
    most: int | None = Field(default=None, ge=1)
    need: int | None = Field(default=None, ge=1)
    explore: float | None = Field(default=None, ge=0, le=1)
    quantile: float | None = Field(default=None, gt=0, lt=1)
    first_delay: float | None = Field(default=None, ge=0)
    least: int | None = Field(default=None, ge=1)
    generate: bool | None = None

    @field_validator("use", "require", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_the_strategy(self) -> Route:
        takes = {field.name for field in fields(ROUTERS[self.strategy])} & type(self).model_fields.keys()
        if foreign := sorted(self._options().keys() - takes):
            known = f"it takes {', '.join(sorted(takes))}" if takes else "it takes no options"
            raise ValueError(f"{', '.join(foreign)} is no option of the strategy {self.strategy}: {known}")
        try:
            # A router checks its options against the number of its handlers.
            ROUTERS[self.strategy](self.use, **self._options())  # type: ignore[arg-type]
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self

    def router(self, handlers: Sequence[Handler]) -> Router:
        """The strategy over what `use` names."""
        return ROUTERS[self.strategy](handlers, **self._options())

    def _options(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in COMMON and value is not None}
