"""Text by a model of pictures and text to text: one that copies a page, and does not say where the text stands; or one that reads lines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from transformers import AutoModelForImageTextToText

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.auto.asking import Way, untold, way
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.speaker import Shown, Speaker

LONGEST = 1024
COPY = "Copy all the text in this picture, line by line, and write nothing else."


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if not folder.offers(AutoModelForImageTextToText):
        raise folder.wrong_task()
    known = way(folder)
    if known.copy is None:
        raise folder.wrong_task()
    return _by_line(folder, place) if known.by_line else PageReader(Speaker(folder, place), known)


def _by_line(folder: Folder, place: Place) -> Task:
    try:
        from visionhub.providers.local.models.auto.lines import LineReader
    except ImportError as error:
        raise ConfigError(
            f"{folder.name} reads single lines, and what finds them is not installed: there is no {error.name}.",
            hint="pip install 'visionhub[local]'",
        ) from error
    return LineReader(Speaker(folder, place), folder)


class PageReader:
    """Lines without places."""

    def __init__(self, speaker: Speaker, known: Way) -> None:
        self._speaker = speaker
        self._alone = known.copy or ""
        self.modules = [speaker.model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Shown]:
        """See `Task`. Raises `UnsupportedError` for a language that the model cannot be told."""
        speaker, language = self._speaker, body["language"]
        if language and not speaker.has_chat:
            raise untold(speaker.name)
        words = COPY if speaker.has_chat else self._alone
        if language:
            words = f"{words} It is in the language {language}."
        return speaker.shown(body["image"], words, body["longest"], LONGEST, body["is_wanted"])

    def answer(self, questions: Sequence[Shown]) -> Sequence[Answer]:
        """See `Task`."""
        return [{"text": said.text, "warnings": said.warnings} for said in self._speaker.say(questions)]
