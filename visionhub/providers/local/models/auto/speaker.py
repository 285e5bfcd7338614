"""A model that is shown a picture, and writes. Greedily: the same answer each time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import PIL.Image
import torch
from transformers import AutoModelForImageTextToText, GenerationConfig, StoppingCriteria

from visionhub.errors import InputError, UnsupportedError
from visionhub.image import Image
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.pictures import Theirs, pictures
from visionhub.providers.local.models.auto import processor
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.structured import ASK, Structure

LEAST: Final = 16
"""Tokens of an answer, for which there must be room."""
SAMPLING: Final = ("do_sample", "num_beams", "temperature", "top_p", "top_k", "min_p", "typical_p", "early_stopping", "length_penalty", "max_length")  # fmt: skip
# What processors ask of pictures beyond their files, and what ours answer.
KNOWN: Final = {"return_row_col_info", "data_format"}
MARK: Final = re.compile(r"[<\[|].+[>\]|]", re.DOTALL)
NOWHERE: Final = PIL.Image.new("RGB", (1, 1))


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


@dataclass(frozen=True, slots=True)
class Shown:
    """A question: the picture, if it is prepared by us, what else the model takes, how long an answer may be, and what it must fit."""

    picture: Any
    inputs: Mapping[str, torch.Tensor]
    longest: int
    is_wanted: Callable[[], bool]
    grammar: str | None = None

    @property
    def length(self) -> int:
        """Of the text, in tokens."""
        return self.inputs["input_ids"].shape[1] if "input_ids" in self.inputs else 0


class Speaker:
    """See the module. `kind` is the Auto class that has the model."""

    def __init__(self, folder: Folder, place: Place, kind: Any = AutoModelForImageTextToText) -> None:
        self.model = folder.model(kind, place)
        self.name = folder.name
        self._place = place
        self._processor = processor.load(folder)
        self._tokenizer = self._processor.tokenizer
        # What it would say of long questions to the terminal is told by an error.
        self._tokenizer.deprecation_warnings = {
            "sequence-length-is-longer-than-the-specified-maximum": True,
        }
        self.has_chat = bool(getattr(self._processor, "chat_template", None))
        self._pictures = _ours(self._processor, place)
        text = folder.config.get_text_config()
        self._room = getattr(text, "max_position_embeddings", None)
        self._marks = [token for token in self._tokenizer.all_special_tokens if MARK.fullmatch(token)]
        self._stops = set(_stops(self.model, text, self._tokenizer))
        ends = self.model.generation_config.eos_token_id
        self._structure = Structure(self._tokenizer, ends if isinstance(ends, list) else [ends], self.name)
        # Only a model that reads on from left to right may be given nothing to begin with.
        self._pad = None if not self.has_chat or folder.config.is_encoder_decoder else self._tokenizer.pad_token_id

    def shown(
        self,
        image: Image,
        words: str,
        longest: int | None,
        usual: int,
        is_wanted: Callable[[], bool],
        question: str | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> tuple[Hashable, Shown]:
        """A question, prepared, and what makes it go together with others. Raises `InputError`, `UnsupportedError`.

        words      what is written beside the picture
        longest    tokens of the answer; None: `usual`, or as many as there is room for
        is_wanted  whether somebody still waits for the answer: if not, the model stops
        question   the part of the words that is the caller's own
        schema     what the answer, in JSON, must fit
        """
        grammar = self._structure.grammar(schema) if schema is not None else None
        if schema is not None:
            words = f"{words} {ASK.format(schema=json.dumps(schema))}"
        for mark in self._marks:
            if question and mark in question:
                raise InputError(
                    f"The question holds {mark}, which stands for something else with {self.name}.",
                    hint="Write it in another way.",
                )
        picture = self._pictures.prepare(image) if self._pictures else None
        inputs = self._inputs(image, picture, words)
        length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
        most = usual if self._room is None else self._room - length
        if most < (longest or LEAST):
            raise InputError(
                f"The question is too long for {self.name}: with the picture and an answer of {longest or LEAST} tokens"
                f" it takes {length + (longest or LEAST)} of {self._room}.",
                hint="Ask more briefly, or allow less of an answer: extra={'longest': 32}.",
            )
        shown = Shown(picture, inputs, longest or min(usual, most), is_wanted, grammar)
        return self._key(shown), shown

    def say(self, questions: Sequence[Shown]) -> list[Said]:
        """What it writes about each. All are of one key."""
        longest = questions[0].longest
        inputs: dict[str, Any] = dict(self._together(questions))
        inputs["stopping_criteria"] = [_Unwanted(questions)]
        if any(one.grammar for one in questions):
            inputs["logits_processor"] = [self._structure.fitting([one.grammar for one in questions])]
        written = self.model.generate(**inputs, do_sample=False, max_new_tokens=longest)
        asked = inputs.get("input_ids")
        if asked is not None and torch.equal(written[:, : asked.shape[1]], asked):
            written = written[:, asked.shape[1] :]
        texts = self._tokenizer.batch_decode(written, skip_special_tokens=True)
        return [
            Said(text.strip(), len(row) >= longest and row[-1] not in self._stops)
            for text, row in zip(texts, written.tolist(), strict=True)
        ]

    def _key(self, shown: Shown) -> Hashable:
        """Of questions that go together: texts about as long, or just as long where they cannot be padded."""
        fixed = {
            name: value for name, value in shown.inputs.items() if not (self._pad is not None and _is_text(shown, name))
        }
        shapes = tuple((name, tuple(value.shape)) for name, value in fixed.items())
        return getattr(shown.picture, "key", None), shapes, shown.length.bit_length(), shown.longest

    def _together(self, questions: Sequence[Shown]) -> dict[str, torch.Tensor]:
        inputs = self._pictures.batch([one.picture for one in questions]) if self._pictures else {}
        length = max(one.length for one in questions)
        for name in questions[0].inputs:
            filled = self._pad if name == "input_ids" and self._pad is not None else 0
            rows = [
                torch.nn.functional.pad(one.inputs[name], (length - one.length, 0), value=filled)
                if one.length < length and _is_text(one, name)
                else one.inputs[name]
                for one in questions
            ]
            inputs[name] = self._place.put(torch.cat(rows))
        return inputs

    def _inputs(self, image: Image, picture: Any, words: str) -> dict[str, torch.Tensor]:
        outline = picture.outline if picture else {}
        rgb = NOWHERE if picture else image.rgb()
        seeing = processor.seeing(self._processor, outline) if picture else self._processor
        try:
            made = (
                self._chat(seeing, rgb, words)
                if self.has_chat
                else seeing(images=rgb, text=words or None, return_tensors="pt")
            )
        except Exception as error:  # a template, too, raises what it likes
            raise UnsupportedError(
                f"{self.name} cannot be asked so: its processor says {' '.join(str(error).split())[:300]}",
                hint="Without a chat template a model takes a picture alone, or with words as it was trained on.",
            ) from error
        unasked = outline.keys() | {"labels"}
        return {name: value for name, value in made.items() if isinstance(value, torch.Tensor) and name not in unasked}

    def _chat(self, seeing: Any, rgb: PIL.Image.Image, words: str) -> Any:
        content = [{"type": "image", "image": rgb}, {"type": "text", "text": words}]
        return seeing.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )


class _Unwanted(StoppingCriteria):
    """Answers that nobody waits for are ended where they are."""

    def __init__(self, questions: Sequence[Shown]) -> None:
        self._questions = questions

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        del scores
        ended = [not one.is_wanted() for one in self._questions]
        return torch.tensor(ended, device=input_ids.device)


def _ours(known: Any, place: Place) -> Any:
    """How pictures are prepared here; None if the model's own processor is to do it."""
    made = pictures(known.image_processor, place)
    return made if not isinstance(made, Theirs) and set(getattr(known, "images_kwargs", {})) <= KNOWN else None


def _is_text(shown: Shown, name: str) -> bool:
    """Whether it holds one number for each token of the text."""
    return "input_ids" in shown.inputs and shown.inputs[name].shape == shown.inputs["input_ids"].shape


def _stops(model: torch.nn.Module, text: Any, tokenizer: Any) -> Iterator[int]:
    """The tokens after which nothing comes. On the way each part of the model is set to be greedy, whatever its files say."""
    usual = GenerationConfig()  # type: ignore[no-untyped-call]
    for module in model.modules():
        known = getattr(module, "generation_config", None)
        if not isinstance(known, GenerationConfig):
            continue
        for name in SAMPLING:
            setattr(known, name, getattr(usual, name, None))
        ends = known.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        if known.pad_token_id is None:
            known.pad_token_id = ends[0]
        yield from (end for end in (*ends, known.pad_token_id) if end is not None)
    for end in (getattr(text, "sep_token_id", None), tokenizer.eos_token_id, tokenizer.pad_token_id):
        if end is not None:
            yield end
