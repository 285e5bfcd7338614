"""`visionhub doctor`: what is installed, configured, reachable and missing, and what to do about it. No secret is shown."""

from __future__ import annotations

import importlib
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import typer
from rich.text import Text

from visionhub import __version__
from visionhub.cli.ending import FAILED
from visionhub.cli.models import megabytes
from visionhub.cli.screen import Screen, table
from visionhub.errors import VisionError

if TYPE_CHECKING:
    from visionhub.config import Settings
    from visionhub.providers.local.wire import LocalOptions
    from visionhub.wire import CheckedWire

State: TypeAlias = Literal["ok", "missing", "broken", "not asked", ""]
STYLES: dict[State, str] = {"ok": "green", "missing": "yellow", "broken": "bold red", "not asked": "dim", "": ""}
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"](\w+)['\"])?")
LOCAL, DEV, CORE = "local", "dev", "core"
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do, which is only said if it is not well."""

    name: str
    state: State
    detail: str
    remedy: str | None = None
    is_needed: bool = False


def doctor() -> None:
    """What is missing or broken, and what to do.

    Exits 0 if the default provider can answer.
    """
    from visionhub.config import read

    settings, screen = read(), Screen()
    screen.show(
        Text.assemble(
            ("visionhub", "bold"), f" {__version__}  Python {platform.python_version()}  {platform.platform()}"
        )
    )
    findings: list[Finding] = []
    sections: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        "Packages": _packages,
        "Settings": _settings,
        "Providers": _providers,
        "Models on this machine": _models,
        "Package index": _index,
    }
    for title, look in sections.items():
        rows = table("", "", "", left=[""], titled=False)
        for finding in look(settings):
            findings.append(finding)
            rows.add_row(f"  {finding.name}", Text(finding.state, STYLES[finding.state]), finding.detail)
        screen.show(Text(""), Text(title, "bold"), rows)
    needed = [finding for finding in findings if finding.is_needed and finding.state not in ("ok", "")]
    remedies = list(dict.fromkeys(finding.remedy for finding in findings if finding.remedy and finding.state != "ok"))
    screen.show(Text(""), Text("What to do", "bold") if remedies else Text("All is well.", "bold green"))
    screen.show(*(Text(f"  {remedy}") for remedy in remedies))
    if needed:
        raise typer.Exit(FAILED)


def _packages(settings: Settings) -> Iterator[Finding]:
    """One line an extra: those of `local` are needed if it is to answer, the others are there for who wants them."""
    try:
        required = metadata.requires("visionhub") or []
    except metadata.PackageNotFoundError:
        yield Finding("visionhub", "missing", "runs from a folder, not installed", "pip install --editable .")
        return
    extras: dict[str, list[str]] = {}
    for line in required:
        if match := REQUIREMENT.match(line):
            extras.setdefault(match[2] or CORE, []).append(match[1])
    for extra, packages in extras.items():
        if extra != DEV:
            yield _extra(extra, packages, is_needed=extra == CORE or (extra == LOCAL and LOCAL in settings.used))


def _extra(extra: str, packages: list[str], *, is_needed: bool) -> Finding:
    versions = {package: _version(package) for package in packages}
    if missing := [package for package, version in versions.items() if version is None]:
        remedy = f"pip install 'visionhub[{extra}]'" if extra != CORE else "pip install visionhub"
        purpose = "" if is_needed else " (only if you want it)"
        return Finding(extra, "missing", ", ".join(missing), f"{remedy}{purpose}", is_needed)
    if trouble := [f"{package}: {reason}" for package in packages if (reason := _trouble(package))]:
        return Finding(extra, "broken", "; ".join(trouble), f"Mend or reinstall {', '.join(packages)}.", is_needed)
    return Finding(
        extra, "ok", ", ".join(f"{package} {version}" for package, version in versions.items()), None, is_needed
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _trouble(package: str) -> str | None:
    """Why an installed package cannot be imported: a shared library of the system may be missing."""
    for name in (name for name, owners in _modules().items() if package in owners and not name.startswith("_")):
        if PathFinder.find_spec(name) is None:
            # Some packages list what they do not bring.
            continue
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
            return str(error).partition("\n")[0] or type(error).__name__
    return None


@cache
def _modules() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _settings(settings: Settings) -> Iterator[Finding]:
    """Values of what cannot hold a secret; of the rest only the names."""
    for name in ("provider", "offline", "cache", "timeout", "home"):
        value = getattr(settings, name)
        yield Finding(name, "", ", ".join(value) if isinstance(value, tuple) else str(value))
    for provider, options in settings.providers.items():
        yield Finding(f"providers.{provider}", "", f"sets {', '.join(sorted(options.model_fields_set))}")
    if known := sorted(name for name in os.environ if name.upper().startswith("VISIONHUB_")):
        yield Finding("environment", "", ", ".join(known))


def _providers(settings: Settings) -> Iterator[Finding]:
    from visionhub import registry

    for name in dict.fromkeys((*settings.used, *registry.names())):
        is_needed = name in settings.used
        try:
            provider = registry.get(name).with_options(settings.options(name))
            if settings.offline and provider.is_remote:
                yield Finding(name, "not asked", "remote, and visionhub is offline", None, is_needed)
                continue
            found = provider.wire
            is_asked = hasattr(found, "check") and (is_needed or name in settings.providers)
            told = cast("CheckedWire", found).check(PATIENCE) if is_asked else ", ".join(provider.tasks)
            # What nobody has set up is not said to be well.
            state: State = "ok" if is_asked or is_needed or not provider.is_remote else "not asked"
            yield Finding(name, state, told, None, is_needed)
            provider.close()
        except VisionError as error:
            # Nobody has to set up all of them.
            remedy = error.hint if is_needed or name in settings.providers else None
            yield Finding(name, "missing", error.message, remedy, is_needed)


def _models(settings: Settings) -> Iterator[Finding]:
    from visionhub.providers.local.cards import all_cards

    is_needed = LOCAL in settings.used
    options = _local(settings)
    if options is None:
        return
    for card in all_cards().values():
        if card.default or card.part:
            missing = options.store.missing(card)
            what = f"{card.task}, {megabytes(card.bytes)}"
            pull = f"visionhub models pull {card.name}"
            yield Finding(card.name, "missing" if missing else "ok", what, pull, is_needed and card.default)


def _index(settings: Settings) -> Iterator[Finding]:
    """Where missing weights would come from."""
    import httpx

    from visionhub.providers.local.connection import connect

    options = _local(settings)
    if options is None:
        return
    host = httpx.URL(options.index_url).host
    if settings.offline or options.wheels:
        yield Finding(
            host, "not asked", "visionhub is offline" if settings.offline else f"wheels come from {options.wheels}"
        )
        return
    try:
        with connect(options.index_url, "the package index") as connection:
            bare = connection.url.copy_with(userinfo=b"")
            connection.client.head(bare, timeout=PATIENCE, follow_redirects=False)
    except VisionError as error:
        yield Finding(host, "broken", error.message, error.hint)
    except httpx.HTTPError as error:
        remedy = (
            "Behind a proxy set HTTPS_PROXY, for a mirror PIP_INDEX_URL; or use `visionhub models pull --from DIR`."
        )
        yield Finding(host, "broken", f"does not answer: {str(error) or type(error).__name__}", remedy)
    else:
        yield Finding(host, "ok", "answers")


def _local(settings: Settings) -> LocalOptions | None:
    from visionhub.providers.local.wire import LocalOptions

    try:
        return LocalOptions.read(settings.options(LOCAL))
    except VisionError:
        # Said already, where the providers are.
        return None
