"""Secrets stand in the settings by reference, `env:NAME` or `file:PATH`, and are read when a provider is first used."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from visionhub.errors import ConfigError

REFERENCE = re.compile(r"(env|file):(.+)")
SECRET = re.compile(r"key|secret|token|password|credential|pat$", re.IGNORECASE)
PASSWORD = re.compile(r"(://[^/@:\s]*:)[^/\s]*@")
HIDDEN = "•••"


def resolved(options: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """The options with what they refer to. Raises `ConfigError` for a variable that is not set or a file that cannot be read."""
    return {name: _value(value, f"providers.{provider}.{name}") for name, value in options.items()}


def shown(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they may be printed: references as they stand, other secrets hidden."""
    return {name: _shown(name, value) for name, value in options.items()}


def is_bare_secret(name: str, value: Any) -> bool:
    """Whether a secret itself stands there, where a reference should."""
    return isinstance(value, str) and bool(SECRET.search(name)) and not REFERENCE.fullmatch(value)


def _value(value: Any, where: str) -> Any:
    if not (isinstance(value, str) and (reference := REFERENCE.fullmatch(value))):
        return value
    kind, name = reference.groups()
    if kind == "env":
        if name not in os.environ:
            raise ConfigError(f"{where} refers to the variable {name}, which is not set.", hint=f"Set {name}.")
        return os.environ[name]
    try:
        return Path(name).expanduser().read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{where} refers to the file {name}, which cannot be read: {type(error).__name__}.", hint="Check the path."
        ) from error


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {part: _shown(part, inner) for part, inner in value.items()}
    if isinstance(value, str):
        return HIDDEN if is_bare_secret(name, value) else PASSWORD.sub(rf"\1{HIDDEN}@", value)
    return value
