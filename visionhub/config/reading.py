"""Reads settings: arguments over `VISIONHUB_…` environment variables over `visionhub.toml` over defaults.

VISIONHUB_PROVIDER=local                   VISIONHUB_OFFLINE=1
VISIONHUB_TIMEOUT=10                       VISIONHUB_CACHE=disk
VISIONHUB_PROVIDERS__LOCAL__THREADS=2      a provider's own options, by its name
VISIONHUB_ROUTES__OCR__USE=azure,local     a route
VISIONHUB_CONFIG=FILE                      that file instead of the one that would be found; `off` for none
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from visionhub.config.file import find, line_of
from visionhub.config.settings import Settings
from visionhub.errors import ConfigError

PREFIX = "VISIONHUB_"
NO_SETTING = frozenset({"VISIONHUB_CONFIG"})


def read(file: str | Path | None = None, **arguments: Any) -> Settings:
    """Settings from `arguments` (those that are not None) over the environment over `file`, or the file that `find` finds.

    Raises `ConfigError` for what makes no sense, with the file's line and the nearest key that there is.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    path = file or find()
    text = _text(path) if path else ""
    written = _parsed(text, path) if path else {}
    try:
        # pydantic-settings takes longer to import than all else together, so it is asked only if there is something to read.
        if named := [name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in NO_SETTING]:
            _check_names(named)
            return _from_environment(given, written)
        return Settings(**_over(written, given))
    except ValidationError as error:
        faults = [_said(fault, path, text) for fault in error.errors(include_input=False, include_url=False)]
        raise ConfigError(f"The settings are wrong. {' '.join(faults)}") from error


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Table by table, as pydantic-settings does it."""
    both = {
        name: _over(below[name], value) if isinstance(value, dict) and isinstance(below.get(name), dict) else value
        for name, value in above.items()
    }
    return {**below, **both}


def _text(path: str | Path) -> str:
    try:
        # Some editors begin a file with a mark of the encoding, which TOML does not know.
        return Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"The settings in {path} cannot be read: {type(error).__name__}.", hint="Check the path: VISIONHUB_CONFIG."
        ) from error


def _parsed(text: str, path: str | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}.", hint="`visionhub config init` writes an example.") from error


def _said(fault: Mapping[str, Any], path: str | Path | None, text: str) -> str:
    """One fault: where it stands, what is wrong, and the nearest key."""
    keys = [str(part) for part in fault["loc"] if part != "function-before[_a_second(), float]"]
    line = line_of(text, keys) if text else None
    variable = next((name for name in os.environ if name.upper() == f"{PREFIX}{'__'.join(keys)}".upper()), None)
    where = f"{variable}: " if variable else f"{path}, line {line}: " if line else ""
    if fault["type"] != "extra_forbidden":
        message = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
        return f"{where}{'.'.join(keys)}: {message}."
    *table, key = keys
    known = _keys(table)
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"{where}{'.'.join(table) or 'visionhub'} has no key {key}: {hint}"


def _keys(table: Sequence[str]) -> list[str]:
    """The keys that there may be in a table."""
    model: type[BaseModel] = Settings
    for part in table:
        # A part that is no field is the key of a mapping, or a place in a list, of the models that were found already.
        if field := model.model_fields.get(part):
            model = _model(field.annotation) or model
    return sorted(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)


def _check_names(named: list[str]) -> None:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in named:
        if name.upper().partition("__")[0] not in known:
            near = difflib.get_close_matches(name.upper(), known, 1)
            raise ConfigError(
                f"There is no setting {name}.",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
            )


def _from_environment(given: dict[str, Any], written: dict[str, Any]) -> Settings:
    from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

    class Environment(BaseSettings, Settings):  # pyright: ignore[reportIncompatibleVariableOverride]  # set anew below
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", enable_decoding=False, extra="forbid", frozen=True
        )

        @classmethod
        def settings_customise_sources(  # all of these are handed over by the base
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=written)

    return Environment(**given)
