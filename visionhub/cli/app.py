"""The program `visionhub` and its commands."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from visionhub import __version__
from visionhub.cli import config, decode, demo, doctor, models, new_provider, providers, status, tasks
from visionhub.cli.ending import ending

DEBUG = "--debug"


class Program(TyperGroup):
    """All commands, each inside `ending`. `--debug` is taken wherever it stands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See `TyperGroup`."""
        own = args[: args.index("--")] if "--" in args else args
        ctx.obj = DEBUG in own
        return super().parse_args(ctx, [arg for arg in own if arg != DEBUG] + args[len(own) :])

    def invoke(self, ctx: Any) -> Any:
        """See `TyperGroup`."""
        with ending(ctx.obj):
            return super().invoke(ctx)


app = typer.Typer(
    cls=Program,
    add_completion=False,
    no_args_is_help=True,
    # Boxes are for people; a pipe gets plain text.
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"visionhub {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="The version of visionhub.")
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show where an error comes from.")] = False,
) -> None:
    """What is in a picture, where, what it says, whose face it is, whether it may be shown.

    Pictures are files, folders, 'globs', URLs or - (stdin). Answers go to stdout, everything else to stderr.
    """
    del version, debug


tasks.add_to(app)
app.command(rich_help_panel=tasks.PANEL)(decode.decode)
app.command(rich_help_panel=providers.PANEL)(providers.providers)
app.add_typer(models.app, name="models", rich_help_panel=providers.PANEL)
app.add_typer(config.app, name="config", rich_help_panel=providers.PANEL)
app.command(rich_help_panel=providers.PANEL)(status.status)
app.command(rich_help_panel=providers.PANEL)(doctor.doctor)
app.command(rich_help_panel=providers.PANEL)(demo.demo)
app.command("new-provider", rich_help_panel=providers.PANEL)(new_provider.new_provider)
