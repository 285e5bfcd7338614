"""Text by a model of pictures and text to text, which is asked to copy it. It does not say where the text stands."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from transformers import AutoModelForImageTextToText

from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.auto.caption import Speaker
from visionhub.providers.local.models.auto.loading import Folder

LONGEST = 1024
COPY = "Copy all the text in this picture, line by line, and write nothing else."


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if not folder.offers(AutoModelForImageTextToText):
        raise folder.wrong_task()
    return Reader(Speaker(folder, place))


class Reader:
    """Lines without places."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self.modules = [speaker.model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        words = f"{COPY} It is in the language {body['language']}." if body["language"] else COPY
        return self._speaker.shown(body["image"], words, body["longest"] or LONGEST, is_usual=not body["language"])

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        return [{"text": said.text, "warnings": said.warnings} for said in self._speaker.say(questions)]
