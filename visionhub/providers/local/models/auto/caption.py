"""Captions, and answers to questions: any model of pictures and text to text, by chat where it has a template, else in its own way (BLIP)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from transformers import AutoModelForImageTextToText, AutoModelForVisualQuestionAnswering

from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.auto.asking import Way, way, worded
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.speaker import Shown, Speaker

LONGEST = 256


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if not folder.offers(AutoModelForImageTextToText):
        raise folder.wrong_task()
    known = way(folder)
    if known.describe is None and known.question is None:
        raise folder.wrong_task()
    is_answering = folder.architecture == "BlipForQuestionAnswering"
    kind = AutoModelForVisualQuestionAnswering if is_answering else AutoModelForImageTextToText
    return Captioner(Speaker(folder, place, kind), known)


class Captioner:
    """A caption, or an answer."""

    def __init__(self, speaker: Speaker, known: Way) -> None:
        self._speaker = speaker
        self._way = known
        self.modules = [speaker.model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Shown]:
        """See `Task`."""
        speaker = self._speaker
        words = body["words"] if speaker.has_chat else worded(self._way, speaker.name, body)
        return speaker.shown(
            body["image"], words, body["longest"], LONGEST, body["is_wanted"], body["question"], body["schema"]
        )

    def answer(self, questions: Sequence[Shown]) -> Sequence[Answer]:
        """See `Task`."""
        return [{"text": said.text, "warnings": said.warnings} for said in self._speaker.say(questions)]
