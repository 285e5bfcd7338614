"""`visionhub decode`: a vendor's stored answer in visionhub's terms, offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from visionhub.cli.answer import Answered, Delivery
from visionhub.cli.ending import FAILED
from visionhub.cli.options import size_of
from visionhub.cli.screen import Screen
from visionhub.errors import InputError, VisionError


def decode(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Whose answer it is.")],
    task: Annotated[str, typer.Argument(metavar="TASK", help="What was asked.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The answer's whole body, JSON; - for stdin.")],
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Of the picture, in pixels, upright.", show_default=False)
    ] = None,
    image: Annotated[
        str | None, typer.Option(metavar="PICTURE", help="The picture itself, instead.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What does a vendor's stored answer say?

    Everything in it is shown, whatever its score. Nothing is sent.
    """
    from visionhub.stored import decode as decoded

    outcome: Any
    try:
        outcome = decoded(provider, task, _body(file), image=image, size=size_of(size))
    except VisionError as error:
        error.locate(source=file)
        outcome = error
    if not Delivery(Screen(), None, as_json, is_one=True).deliver(Answered(outcome)):
        raise typer.Exit(FAILED)


def _body(file: str) -> Any:
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or type(error).__name__}.", source=file) from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(
            f"{file} is no JSON.", hint="Give the body as the vendor sent it, without HTTP headers.", source=file
        ) from error
