"""What can be set for a provider, read from the settings' `providers.NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator

from visionhub.errors import ConfigError
from visionhub.value import Value


class Options(Value):
    """What every provider is given.

    home      where files may be kept
    offline   no socket may be opened; a remote provider is not asked then
    timeout   seconds to wait for the next sign of an answer, where the call sets no limit
    models    another model than the usual one, by task word
    data_region   where pictures go (`eu`), as you know it from your contract: for privacy policies, where the options do not say
    """

    model_config = ConfigDict(allow_inf_nan=False)

    home: Path | None = None
    offline: bool = False
    timeout: float = Field(default=60.0, gt=0)
    models: Mapping[str, str] = Field(default_factory=dict)
    data_region: str | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        # A key that was read from a file ends in a line break, which no header may hold.
        return value.strip() if isinstance(value, str) else value

    @classmethod
    def read(cls, provider: str, options: Mapping[str, Any]) -> Self:
        """Raises `ConfigError` for what makes no sense. Values are never quoted: one may be a secret."""
        try:
            return cls(**options)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)
            ]
            raise ConfigError(
                f"The options of the provider {provider} are wrong. {'; '.join(faults)}.",
                hint=f"There are: {', '.join(sorted(cls.model_fields))}.",
            ) from error
