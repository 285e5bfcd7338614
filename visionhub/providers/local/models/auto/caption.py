"""Captions, and answers to questions: any model of pictures and text to text, by chat where it has a template, else in its own way (BLIP)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from visionhub.errors import InputError, UnsupportedError
from visionhub.image import Image
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.auto.loading import Folder

LONGEST = 256


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if not folder.offers(AutoModelForImageTextToText):
        raise folder.wrong_task()
    return Captioner(Speaker(folder, place))


@dataclass(frozen=True, slots=True)
class Said:
    """What a model wrote, and whether it had more to say."""

    text: str
    is_cut: bool

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What a caller should know of it."""
        if not self.is_cut:
            return []
        said = "The model had more to say: raise extra={'longest': …}, in tokens."
        return [{"code": "cut_off", "message": said}]


class Speaker:
    """A model that is shown a picture, and writes. Greedily: the same answer each time."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self.model = folder.model(AutoModelForImageTextToText, place)
        self._processor = folder.part(AutoProcessor)
        self._place = place
        self._name = folder.name
        self._has_chat = bool(getattr(self._processor, "chat_template", None))
        text = folder.config.get_text_config()
        self._room = getattr(text, "max_position_embeddings", None)

    def shown(self, image: Image, words: str, longest: int, *, is_usual: bool) -> tuple[Hashable, Any]:
        """A question, prepared. `is_usual` is one that a captioner without a chat answers anyway, and need not read.

        Raises `InputError` for one that is too long.
        """
        made = self._prepared(image, words, is_usual=is_usual)
        inputs = {name: value for name, value in made.items() if isinstance(value, torch.Tensor)}
        length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
        if self._room is not None and length + longest > self._room:
            raise InputError(
                f"The question is too long for {self._name}: with the picture and {longest} tokens of answer it takes {length + longest} of {self._room}.",
                hint="Ask more briefly, or allow less of an answer: extra={'longest': 32}.",
            )
        shapes = tuple((name, tuple(value.shape)) for name, value in inputs.items())
        return (shapes, longest), (inputs, longest)

    def say(self, questions: Sequence[Any]) -> list[Said]:
        """What it writes about each. All are of one shape."""
        names, longest = questions[0][0], questions[0][1]
        inputs = {name: self._place.put(torch.cat([one[name] for one, _ in questions])) for name in names}
        written = self.model.generate(**inputs, do_sample=False, max_new_tokens=longest)
        asked = inputs.get("input_ids")
        if asked is not None and torch.equal(written[:, : asked.shape[1]], asked):
            written = written[:, asked.shape[1] :]
        ends = self._ends()
        texts = self._processor.batch_decode(written, skip_special_tokens=True)
        return [
            Said(text.strip(), len(row) >= longest and not ends & set(row))
            for text, row in zip(texts, written.tolist(), strict=True)
        ]

    def _prepared(self, image: Image, words: str, *, is_usual: bool) -> Any:
        rgb = image.rgb()
        try:
            if self._has_chat:
                turn = {
                    "role": "user",
                    "content": [{"type": "image", "image": rgb}, {"type": "text", "text": words}],
                }
                return self._processor.apply_chat_template(
                    [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
                )
            return self._processor(images=rgb, text=None if is_usual else words, return_tensors="pt")
        except Exception as error:  # a template, too, raises what it likes
            raise UnsupportedError(
                f"{self._name} cannot be asked so: its processor says {' '.join(str(error).split())[:300]}",
                hint="Without a chat template a model takes a picture alone, or with words as it was trained on.",
            ) from error

    def _ends(self) -> set[int]:
        known = self.model.generation_config.eos_token_id
        return set(known) if isinstance(known, list) else {known}


class Captioner:
    """A caption, or an answer."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self.modules = [speaker.model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        return self._speaker.shown(body["image"], body["words"], body["longest"] or LONGEST, is_usual=body["is_usual"])

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        return [{"text": said.text, "warnings": said.warnings} for said in self._speaker.say(questions)]
