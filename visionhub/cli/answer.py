"""Asks a question about many pictures and delivers every answer: in order, as it comes, and whatever happens to the others."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visionhub.cli.ending import FAILED, OK
from visionhub.cli.inputs import Entry, Picture
from visionhub.cli.options import Common, words
from visionhub.cli.save import Place
from visionhub.cli.screen import Screen
from visionhub.errors import InputError, VisionError

if TYPE_CHECKING:
    from visionhub.hub import Hub
    from visionhub.image import Image
    from visionhub.tasks import Call, Result


class Asked:
    """A task, the pictures of each call, and options; those that are None are left out."""

    def __init__(self, task: str, entries: Sequence[Entry], **options: Any) -> None:
        self.task = task
        self.entries = entries
        self._firsts: dict[str, Image] = {}
        self.options = {name: value for name, value in options.items() if value is not None}

    def call(self, pictures: tuple[Picture, ...]) -> Call[Any]:
        """The question about these pictures."""
        from visionhub.tasks import TASKS

        images = [picture.open() for picture in pictures]
        if len(images) > 1:
            # All pairs begin with the same picture, which is read once.
            images[0] = self._firsts.setdefault(pictures[0].source, images[0])
        opened: dict[str, Any] = dict(zip(("image", "other"), images, strict=False))
        return TASKS[self.task](**opened | self.options)


@dataclass(frozen=True, slots=True)
class Answered:
    """One call, and what became of it; there is no call where no picture was found."""

    outcome: Result | VisionError
    pictures: tuple[Picture, ...] = ()
    call: Call[Any] | None = None


def answer(asked: Asked, common: Common) -> int:
    """Asks, shows and saves. Returns the exit code."""
    from visionhub.config import read
    from visionhub.hub import Hub

    if common.model:
        asked.options["model"] = common.model
    screen, failed = Screen(), 0
    settings = read(offline=common.offline or None, timeout=common.timeout)
    with Hub(words(common.provider), settings=settings) as hub, screen.progress(len(asked.entries)) as moved:
        hub.route(task=asked.task)
        place = _place(asked, common)
        delivery = Delivery(screen, place, common.as_json, is_one=len(asked.entries) == 1)
        for answered in _answers(hub, asked, common.concurrency):
            is_good = delivery.deliver(answered)
            failed += not is_good
            moved(not is_good)
    if failed and len(asked.entries) > 1:
        screen.tell(f"{failed:,} of {len(asked.entries):,} failed.")
    return FAILED if failed else OK


def _answers(hub: Hub, asked: Asked, concurrency: int | None) -> Iterator[Answered]:
    """One for each entry, in order."""
    under_way: deque[tuple[tuple[Picture, ...], Call[Any]] | InputError] = deque()

    def calls() -> Iterator[Call[Any]]:
        for entry in asked.entries:
            if isinstance(entry, InputError):
                under_way.append(entry)
            else:
                call = asked.call(entry)
                under_way.append((entry, call))
                yield call

    for outcome in hub.map(calls(), concurrency=concurrency):
        while isinstance(entry := under_way.popleft(), InputError):
            yield Answered(entry)
        yield Answered(outcome, *entry)
    yield from (Answered(entry) for entry in under_way if isinstance(entry, InputError))


def _place(asked: Asked, common: Common) -> Place | None:
    if common.save is None:
        return None
    return Place(common.save, asked.entries, max(len(asked.entries), asked.options.get("count", 1)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where answers go: lines of JSON or something to read on stdout, pictures to their place, troubles to stderr."""

    screen: Screen
    place: Place | None
    as_json: bool
    is_one: bool

    def deliver(self, answered: Answered) -> bool:
        """Whether all went well."""
        outcome = answered.outcome
        if isinstance(outcome, VisionError):
            self._fail(answered, outcome)
            return False
        try:
            saved, trouble = self._saved(answered, outcome), None
        except VisionError as error:
            error.locate(source=outcome.source)
            saved, trouble = [], error
        if self.as_json:
            extra = {"saved": [str(path) for path in saved]} if self.place else {}
            self.screen.write(_line(outcome.to_dict() | extra))
        else:
            self._show(outcome, saved)
        if trouble:
            self.screen.fail(trouble)
        return trouble is None

    def _fail(self, answered: Answered, error: VisionError) -> None:
        if answered.pictures:
            error.locate(source=answered.pictures[0].source)
        if self.as_json:
            self.screen.write(_line(error.to_dict()))
        self.screen.fail(error)

    def _show(self, result: Result, saved: list[Path]) -> None:
        from visionhub.cli.tables import Tables

        for warning in result.warnings:
            self.screen.warn(result.source, warning.message)
        self.screen.show(*Tables(self.screen.is_colored).block(result, alone=self.is_one))
        for path in saved:
            self.screen.tell(f"saved {path}")

    def _saved(self, answered: Answered, result: Result) -> list[Path]:
        from visionhub.tasks import GenerateCall, Images

        if self.place is None:
            return []
        if isinstance(result, Images):
            assert isinstance(answered.call, GenerateCall)
            return self.place.generated(result, answered.call.prompt)
        assert answered.call is not None
        return [self.place.drawn(result, answered.pictures, tuple(answered.call.pictures().values()))]


def _line(value: dict[str, Any]) -> str:
    # Where the stream cannot carry every character, JSON's own escapes can.
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(value, ensure_ascii=not is_unicode)
