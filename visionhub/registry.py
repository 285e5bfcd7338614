"""Which providers there are: the folders in `providers/`, and entry points of other packages. Loaded on first use."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from visionhub.errors import ConfigError
from visionhub.provider import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "visionhub.providers"


def names() -> tuple[str, ...]:
    """All provider names, without importing any provider."""
    return tuple(sorted({*_built_in(), *_entry_points()}))


@cache
def get(name: str) -> Provider:
    """The provider of that name. Raises `ConfigError` for an unknown name, or for a package that cannot be loaded."""
    if name in _built_in():
        provider = importlib.import_module(f"visionhub.providers.{name}").PROVIDER
    elif name in _entry_points():
        try:
            provider = _entry_points()[name].load()
        except Exception as error:
            raise ConfigError(f"The provider {name} cannot be loaded: {error}.") from error
    else:
        near = difflib.get_close_matches(name, names(), 1)
        raise ConfigError(
            f"There is no provider {name!r}.",
            hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names())}.",
        )
    if not isinstance(provider, Provider):
        raise ConfigError(f"The provider {name} is not a visionhub Provider.")
    return provider


@cache
def _built_in() -> frozenset[str]:
    import visionhub.providers

    return frozenset(module.name for module in pkgutil.iter_modules(visionhub.providers.__path__) if module.ispkg)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
