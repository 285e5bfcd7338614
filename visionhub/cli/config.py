"""`visionhub config`: what is set, whether it makes sense, and a file to begin with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from visionhub.cli.ending import FAILED
from visionhub.cli.screen import Screen, table
from visionhub.errors import ConfigError, VisionError

if TYPE_CHECKING:
    from visionhub.config import Settings

app = typer.Typer(help="The settings: show, check, init.", no_args_is_help=True)


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """What is set, after file, environment and defaults. Secrets are not shown."""
    from visionhub.config import find, read

    screen, settings = Screen(), read()
    known = _plain(settings)
    if as_json:
        screen.write(json.dumps({"file": find(), **known}))
        return
    screen.write(f"# {find() or 'no visionhub.toml was found'}")
    for path, value in _flat(known):
        screen.write(f"{path} = {json.dumps(value, ensure_ascii=False)}")


@app.command()
def check() -> None:
    """Whether the settings make sense: keys, values, routes, providers and what they refer to. Nobody is asked.

    Exits 1 if something is wrong.
    """
    from visionhub.config import find, read

    screen, settings = Screen(), read()
    rows = table("", "", "", left=[""], titled=False)
    failed = 0
    for name, error in _findings(settings):
        failed += error is not None
        rows.add_row(name, Text("wrong", "bold red") if error else Text("ok", "green"), str(error or ""))
    screen.write(f"# {find() or 'no visionhub.toml was found'}")
    screen.show(rows)
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.")] = Path("visionhub.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented file, made of what is installed and set up here."""
    from visionhub import registry

    if file.exists() and not force:
        raise ConfigError(f"{file} is there already.", hint="Name another file, or use --force.")
    ready = [name for name in registry.names() if _is_ready(name)]
    try:
        file.write_text(_example(ready), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", hint="Name another file.") from error
    Screen().tell(f"{file}: routes over {', '.join(ready)}, which are set up here. `visionhub config check` reads it.")


def _plain(settings: Settings) -> dict[str, Any]:
    from visionhub.config.secrets import shown

    known = shown(settings.model_dump(mode="json", exclude={"providers"}, exclude_none=True))
    providers = {
        name: shown(limits.model_dump(mode="json", exclude_defaults=True))
        for name, limits in settings.providers.items()
    }
    return {**known, **({"providers": providers} if providers else {})}


def _flat(known: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in known.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _findings(settings: Settings) -> Iterator[tuple[str, VisionError | None]]:
    from visionhub.config.secrets import is_bare_secret
    from visionhub.hub import Hub

    hub = Hub(settings=settings)
    for name in settings.routes:
        yield f"routes.{name}", _failure(lambda name=name: hub.route(name))
    used = {use.partition(":")[0] for route in settings.routes.values() for use in route.use} - settings.routes.keys()
    for name in sorted(used | set(settings.provider) | settings.providers.keys()):
        error = _setup(settings, name)
        bare = [key for key, value in settings.of(name).own.items() if is_bare_secret(key, value)]
        if error is None and bare:
            error = ConfigError(
                f"{' and '.join(bare)} stands there itself.", hint="Write env:NAME or file:PATH instead."
            )
        yield f"providers.{name}", error


def _is_ready(name: str) -> bool:
    from visionhub import registry
    from visionhub.config import read

    settings = read()
    if _setup(settings, name):
        return False
    # Some clients look for credentials only when they are used: a variable of the vendor's says that somebody set it up.
    is_named = any(variable.startswith(f"{name.upper()}_") for variable in os.environ)
    return is_named or name in settings.providers or not registry.get(name).is_remote


def _setup(settings: Settings, name: str) -> VisionError | None:
    """Why a provider could not be asked: a key or a package that is missing, an option that is wrong."""
    from visionhub import registry

    def connect() -> None:
        provider = registry.get(name).with_options(settings.options(name))
        assert provider.wire
        provider.close()

    return _failure(connect)


def _failure(step: Any) -> VisionError | None:
    try:
        step()
    except VisionError as error:
        return error
    return None


def _example(ready: list[str]) -> str:
    from visionhub import registry
    from visionhub.tasks import TASKS

    remote = [name for name in ready if registry.get(name).is_remote]
    local = [name for name in ready if name not in remote]
    routes = []
    for task in TASKS:
        able = [name for name in (*remote, *local) if task in registry.get(name).tasks]
        if able:
            routes.append(f"[routes.{task}]\nuse = {json.dumps(able)}\n")
    vendors = [f'# [providers.{name}]\n# rate = "10/s"\n# timeout = 20\n' for name in remote]
    return "\n".join((_HEAD, *routes, _TAIL, *vendors))


_HEAD = """\
# visionhub: who answers, and within which limits. `visionhub config check` reads it; the environment (VISIONHUB_…) and
# arguments go before what stands here.

# timeout = 30            # seconds for a whole call
# cache = "disk"          # memory, disk, off, or redis://…
"""

_TAIL = """\
# Strategies: fallback (the default), cascade, race, hedge, vote, cheapest, fastest, weighted, shadow.
# [routes.detect]
# strategy = "cascade"
# use = ["local", "aws"]
# accept = { min_score = 0.6 }

# [budget]
# daily_usd = 20
# per_call_usd = 0.02

# Secrets by reference: key = "env:NAME" or key = "file:PATH". Without one a vendor's own variables and files are asked.
"""
