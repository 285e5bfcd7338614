"""`visionhub providers`: who answers what, and under which limits. All of it is computed from the capabilities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from visionhub.cli.ending import FAILED
from visionhub.cli.screen import Screen, table
from visionhub.errors import UnsupportedError, VisionError

if TYPE_CHECKING:
    from rich.table import Table

    from visionhub.capability import Capability, Price

PANEL = "Set up"


def providers(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One provider, in detail.", show_default=False)
    ] = None,
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="One of its tasks.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Who answers what.

    With a NAME: which options, limits and prices.
    """
    screen = Screen()
    if name:
        _details(screen, name, task, as_json)
    else:
        _matrix(screen, as_json)


def _matrix(screen: Screen, as_json: bool) -> None:
    from visionhub import registry
    from visionhub.tasks import TASKS

    rows, failed = table("provider", *TASKS, "where", left=[*TASKS, "where"]), False
    for name in registry.names():
        try:
            provider = registry.get(name)
        except VisionError as error:
            screen.fail(error)
            failed = True
            continue
        if as_json:
            known = {
                "provider": name,
                "title": provider.title,
                "is_remote": provider.is_remote,
                "tasks": provider.tasks,
            }
            screen.write(json.dumps(known))
        where = "remote" if provider.is_remote else "this machine"
        rows.add_row(
            name, *(Text("yes", "green") if task in provider.tasks else Text("-", "dim") for task in TASKS), where
        )
    if not as_json:
        screen.show(rows)
    if failed:
        raise typer.Exit(FAILED)


def _details(screen: Screen, name: str, task: str | None, as_json: bool) -> None:
    from visionhub import registry
    from visionhub.tasks import TASKS

    provider = registry.get(name)
    if task is not None and task not in TASKS:
        raise typer.BadParameter(f"{task!r} is no task. There are: {', '.join(TASKS)}.", param_hint="TASK")
    if task is not None and task not in provider.tasks:
        screen.fail(UnsupportedError(f"{name} does not {task}.", hint=provider.absent.get(task)))
        raise typer.Exit(FAILED)
    if not as_json:
        screen.show(Text.assemble((provider.title, "bold"), (f"  {name}", "dim")))
    for offered in [task] if task else provider.tasks:
        capability = provider.capability(offered)
        assert capability is not None
        if as_json:
            screen.write(json.dumps({"provider": name, "task": offered, **capability.model_dump(mode="json")}))
        else:
            screen.show(Text(""), Text(offered, "bold"), _facts(offered, capability))
    if task is None and not as_json:
        for absent, reason in ((task, why) for task, why in provider.absent.items() if task not in provider.tasks):
            screen.show(Text(""), Text(absent, "bold"), Text(f"  not offered: {reason}"))


def _facts(task: str, capability: Capability) -> Table:
    from visionhub.tasks import TASKS

    options = [
        f"{name} (ours)" if support == "emulated" else name for name, support in sorted(capability.options.items())
    ]
    fields = [name for name in TASKS[task].model_fields if name not in ("image", "other", "prompt", "model", "extra")]
    price = capability.price
    facts = {
        "model": capability.model,
        "takes": ", ".join(options),
        "does not take": ", ".join(sorted(set(fields) - set(capability.options))),
        "names": capability.labels,
        "pictures": _pictures(capability),
        "also fills": ", ".join(capability.fields),
        "price": price and _price(price),
        "until": capability.retires and str(capability.retires),
        "see": capability.docs,
    }
    rows = table("", "", left=[""], titled=False)
    for label, value in facts.items():
        if value:
            rows.add_row(Text(f"  {label}", "dim"), value)
    return rows


def _price(price: Price) -> str:
    cost = f"${price.usd:g} a {price.per}" if price.usd else "nothing"
    return f"{cost}, as of {price.as_of}: {price.source}{'' if price.sure else ' (not verified)'}"


def _pictures(capability: Capability) -> str:
    sides = [
        f"{name} {value:,} px"
        for name, value in (("at least", capability.min_side), ("at most", capability.max_side))
        if value
    ]
    limits = [
        ", ".join(kind.removeprefix("image/") for kind in capability.media_types),
        f"up to {capability.max_bytes / 1e6:g} MB" if capability.max_bytes else "",
        f"sides {' and '.join(sides)}" if sides else "",
        f"up to {capability.max_pixels / 1e6:g} megapixels" if capability.max_pixels else "",
    ]
    return "; ".join(limit for limit in limits if limit) or "any"
