"""Everything that can be set."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from visionhub.config.route import Route
from visionhub.config.secrets import resolved
from visionhub.image import Limits
from visionhub.layers.calibrate import Curve
from visionhub.value import Value


def default_home() -> Path:
    """The user's cache folder of this operating system, `visionhub` in it."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "visionhub"


_PER = {"s": 1.0, "min": 60.0, "h": 3600.0}


def _a_second(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not (said := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*(s|min|h)\s*", value)):
        raise ValueError("write a rate as 40/s, 600/min or 1000/h")
    return float(said[1]) / _PER[said[2]]


class RetryLimits(Value):
    """Tries with one provider: at most so many, no wait longer than `longest` seconds."""

    model_config = ConfigDict(allow_inf_nan=False)

    attempts: int = Field(default=3, ge=1)
    longest: float = Field(default=20.0, ge=0)


class ProviderSettings(BaseModel):
    """One `[providers.NAME]`: what concerns every provider; whatever else stands there is the provider's own.

    rate          calls a second at most: `40/s`, `600/min`        concurrency   calls under way at a time
    timeout       seconds for one try                              retry         see `RetryLimits`
    price         USD a call, by task word, instead of the list price
    calibration   by task word, a curve for its scores: points `[native, calibrated]`, see `layers.calibrate`
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", defer_build=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    rate: Annotated[float, Field(gt=0), BeforeValidator(_a_second)] | None = None
    concurrency: int | None = Field(default=None, ge=1)
    timeout: float | None = Field(default=None, gt=0)
    retry: RetryLimits | None = None
    price: Mapping[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    calibration: Mapping[str, Curve] = Field(default_factory=dict)

    @property
    def own(self) -> dict[str, Any]:
        """What only this provider knows."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Without what is the provider's own: secrets are among it."""
        return [(name, value) for name, value in super().__repr_args__() if name in type(self).model_fields]


class BudgetLimits(Value):
    """What may be spent, in USD; None is no limit.

    daily_usd, monthly_usd   of all that use the same `store`; days are those of UTC
    per_call_usd             for one request to one provider
    assumed_usd              booked for a request whose price nobody knows beforehand; such requests are refused without it
    store                    where it is booked: a file, or `redis://…`; left out, a file in `home`
    """

    model_config = ConfigDict(allow_inf_nan=False)

    daily_usd: float | None = Field(default=None, ge=0)
    monthly_usd: float | None = Field(default=None, ge=0)
    per_call_usd: float | None = Field(default=None, ge=0)
    assumed_usd: float | None = Field(default=None, ge=0)
    store: str | None = Field(default=None, repr=False)

    @property
    def is_set(self) -> bool:
        """Whether anything is limited."""
        return any(usd is not None for usd in (self.daily_usd, self.monthly_usd, self.per_call_usd))


class Settings(BaseModel):
    """Everything that can be set.

    provider      asked when neither the call nor a route says who; several, comma-separated: the next when one fails
    routes        who answers which task, and how: by task word, `default`, or a name of your own to be given as `provider`
    offline       no socket is opened: no remote provider, no URL, no download of weights
    timeout       seconds for a whole call; None: no limit of ours
    attempts      tries with one provider before its error counts
    cache         `memory` (this process), `disk` (needs `visionhub[cache]`), `redis://…` (needs `visionhub[redis]`) or `off`
    budget        see `BudgetLimits`
    telemetry     spans and metrics by OpenTelemetry (needs `visionhub[otel]`)
    home          where weights, the disk cache and the budget's file lie
    max_bytes, max_pixels, private_urls   see `Limits`
    providers     each provider's limits and own options, see `ProviderSettings`
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    provider: tuple[str, ...] = Field(default=("local",), min_length=1)
    routes: Mapping[str, Route] = Field(default_factory=dict)
    offline: bool = False
    timeout: float | None = Field(default=None, gt=0)
    attempts: int = Field(default=3, ge=1)
    cache: str = Field(default="memory", pattern=r"^(memory|disk|off|rediss?://.+)$", repr=False)
    budget: BudgetLimits = BudgetLimits()
    telemetry: bool = False
    home: Path = Field(default_factory=default_home)
    max_bytes: int = Field(default=Limits().max_bytes, gt=0)
    max_pixels: int = Field(default=Limits().max_pixels, gt=0)
    private_urls: bool = False
    providers: Mapping[str, ProviderSettings] = Field(default_factory=dict, repr=False)

    @field_validator("provider", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _expanded(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def limits(self) -> Limits:
        """What a picture may be."""
        return Limits(self.max_bytes, self.max_pixels, self.private_urls, self.offline)

    @property
    def used(self) -> tuple[str, ...]:
        """The providers that somebody may be sent to: those of `provider` and of the routes."""
        named = (*self.provider, *(use.partition(":")[0] for route in self.routes.values() for use in route.use))
        return tuple(dict.fromkeys(name for name in named if name not in self.routes))

    def of(self, provider: str) -> ProviderSettings:
        """What is set for one provider."""
        return self.providers.get(provider) or ProviderSettings()

    def options(self, provider: str) -> dict[str, Any]:
        """What a provider is given: its own options, secrets read, and what all are told. Raises `ConfigError`."""
        return {"offline": self.offline, "home": self.home, **resolved(self.of(provider).own, provider)}
