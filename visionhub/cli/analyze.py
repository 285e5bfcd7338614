"""`visionhub analyze`: several questions about each picture, in as few requests as whoever answers them takes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from visionhub.cli.answer import line
from visionhub.cli.ending import FAILED, OK
from visionhub.cli.inputs import Entry, Picture, each
from visionhub.cli.options import Common, words
from visionhub.cli.screen import Screen
from visionhub.errors import InputError, VisionError

if TYPE_CHECKING:
    from visionhub.analysis import Analysis
    from visionhub.hub import Hub

# A model is one task's, and there is one answer to draw for each of them.
LEFT_OUT = ("model", "save")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pictures, and the task words that are asked about each."""

    entries: Sequence[Entry]
    tasks: Sequence[str]


def analyze(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="A file, folder, 'glob' or URL, or - for stdin.")],
    tasks: Annotated[
        list[str], typer.Argument(metavar="TASK", help="classify, detect, ocr, faces, moderate, caption.")
    ],
) -> Wanted:
    """Several of these about one picture, at once?

    With --json one object a picture: its answers by task word.
    """
    return Wanted(each([picture]), words(tasks) or ())


def answer(wanted: Wanted, common: Common) -> int:
    """Asks and shows. Returns the exit code."""
    from visionhub.analysis import questions
    from visionhub.config import read
    from visionhub.hub import Hub
    from visionhub.image import Image
    from visionhub.many import in_threads

    # Wrong words concern the whole command.
    questions(Image(b""), wanted.tasks, None)
    settings = read(offline=common.offline or None, timeout=common.timeout, provider=words(common.provider))
    screen, failed = Screen(), 0
    with Hub(settings=settings) as hub, screen.progress(len(wanted.entries)) as moved:
        workers = common.concurrency or (16 if hub.route().is_remote else os.cpu_count() or 1)
        for told in in_threads(
            lambda entry: _asked(hub, entry, wanted), wanted.entries, lambda _: workers, ordered=True
        ):
            is_good = _deliver(screen, told, as_json=common.as_json)
            failed += not is_good
            moved(not is_good)
    return FAILED if failed else OK


def _asked(hub: Hub, entry: tuple[Picture, ...] | InputError, wanted: Wanted) -> Analysis | InputError:
    if isinstance(entry, InputError):
        return entry
    return hub.analyze(entry[0].open(), wanted.tasks)


def _deliver(screen: Screen, told: Analysis | InputError, *, as_json: bool) -> bool:
    """Whether all went well."""
    from visionhub.cli.tables import Tables

    if as_json:
        screen.write(line(told.to_dict()))
    if isinstance(told, InputError):
        screen.fail(told)
        return False
    for outcome in told.values():
        if isinstance(outcome, VisionError):
            screen.fail(outcome)
        elif not as_json:
            for warning in outcome.warnings:
                screen.warn(outcome.source, warning.message)
            screen.show(*Tables(screen.is_colored).block(outcome, alone=False))
    return not told.errors
