"""Options that several commands have, each under the name of the field of the call that it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

WHO, OUTPUT = "Who answers", "Output"

Pictures = Annotated[
    list[str],
    typer.Argument(metavar="PICTURE", help="Files, folders, 'globs', URLs, or - for stdin.", show_default=False),
]
Labels = Annotated[
    list[str] | None, typer.Option(metavar="NAME,...", help="Only these names. May be repeated.", show_default=False)
]
MinScore = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        metavar="0..1",
        help="Leave out what is less sure. By default the provider's own cut.",
        show_default=False,
    ),
]
MaxResults = Annotated[int | None, typer.Option(min=1, metavar="N", help="The best so many.", show_default=False)]
Language = Annotated[
    str | None, typer.Option(metavar="TAG", help="The language, e.g. de or pt-BR (BCP 47).", show_default=False)
]


@dataclass(frozen=True)
class Common:
    """What every task command takes besides its own options."""

    provider: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="Another provider than the usual one. Several: the next when one fails.",
            rich_help_panel=WHO,
            show_default=False,
        ),
    ] = None
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Another of its models.", rich_help_panel=WHO, show_default=False),
    ] = None
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Open no connection: neither providers, URLs nor downloads.", rich_help_panel=WHO
        ),
    ] = False
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="For each answer.", rich_help_panel=WHO, show_default=False),
    ] = None
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="So many at a time. By default the cores, or 16 remote.",
            rich_help_panel=WHO,
            show_default=False,
        ),
    ] = None
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, for errors too.", rich_help_panel=OUTPUT)
    ] = False
    save: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Write the picture with the answer drawn on it.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None


def words(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """What was given with commas, repeatedly, or both; None for nothing."""
    found = tuple(word.strip() for value in values or () for word in value.split(",") if word.strip())
    return found or None


def size_of(text: str | None) -> tuple[int, int] | None:
    """`1024x768` as two numbers."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise typer.BadParameter(f"{text!r} is no size; write 1024x768.", param_hint="--size")
    return int(width), int(height)
