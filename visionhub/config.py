"""Settings: arguments first, then `VISIONHUB_…` environment variables, then defaults.

VISIONHUB_PROVIDER=local                   VISIONHUB_OFFLINE=1
VISIONHUB_TIMEOUT=10                       VISIONHUB_CACHE=disk
VISIONHUB_PROVIDERS__LOCAL__THREADS=2      a provider's own options, by its name
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from visionhub.errors import ConfigError
from visionhub.image import Limits

PREFIX = "VISIONHUB_"


def default_home() -> Path:
    """The user's cache folder of this operating system, `visionhub` in it."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "visionhub"


class Settings(BaseModel):
    """Everything that can be set.

    provider      asked when a call names none; several, comma-separated: the next when one fails
    offline       no socket is opened: no remote provider, no URL, no download of weights
    timeout       seconds for a whole call; None: no limit of ours
    attempts      tries with one provider before its error counts
    cache         `memory` (this process), `disk` (needs `visionhub[cache]`) or `off`
    home          where weights and the disk cache lie
    max_bytes, max_pixels, private_urls   see `Limits`
    providers     each provider's own options
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    provider: tuple[str, ...] = Field(default=("local",), min_length=1)
    offline: bool = False
    timeout: float | None = Field(default=None, gt=0)
    attempts: int = Field(default=3, ge=1)
    cache: Literal["memory", "disk", "off"] = "memory"
    home: Path = Field(default_factory=default_home)
    max_bytes: int = Field(default=Limits().max_bytes, gt=0)
    max_pixels: int = Field(default=Limits().max_pixels, gt=0)
    private_urls: bool = False
    providers: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, repr=False)

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

    def options(self, provider: str) -> dict[str, Any]:
        """What a provider is given: its own options, and the common ones that concern it."""
        return {"offline": self.offline, "home": self.home, **self.providers.get(provider, {})}


def read(**arguments: Any) -> Settings:
    """Settings from `arguments` (those that are not None) over the environment. Raises `ConfigError` for what makes no sense."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        # pydantic-settings takes longer to import than all else together, so it is asked only if there is something to read.
        if named := [name for name in os.environ if name.upper().startswith(PREFIX)]:
            _check_names(named)
            return _from_environment(given)
        return Settings(**given)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)]
        raise ConfigError(f"The settings are wrong. {'; '.join(faults)}.") from error


def _check_names(named: list[str]) -> None:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in named:
        if name.upper().partition("__")[0] not in known:
            near = difflib.get_close_matches(name.upper(), known, 1)
            raise ConfigError(
                f"There is no setting {name}.",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
            )


def _from_environment(given: dict[str, Any]) -> Settings:
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Environment(BaseSettings, Settings):  # pyright: ignore[reportIncompatibleVariableOverride]  # set anew below
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", enable_decoding=False, extra="forbid", frozen=True
        )

    return Environment(**given)
