"""How models without a chat are asked: each was trained on words of its own, and makes something up for any others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from visionhub.errors import UnsupportedError
from visionhub.providers.local.models.auto.loading import Folder

ALONE: Final = ""


class Way(NamedTuple):
    """What is written beside a picture; `ALONE` is nothing, None is what the model was not made for.

    describe   to have it described, in a `{language}` if that stands in it
    question   to have a `{question}` answered
    copy       to have its text copied
    by_line    whether it reads pictures of one line of text
    """

    describe: str | None = None
    question: str | None = None
    copy: str | None = None
    by_line: bool = False


ANY: Final = Way(ALONE, "{question}", ALONE)
# Sources: the model cards of their authors on the Hugging Face hub, and their processors in transformers.
WAYS: Final[Mapping[str, Way]] = {
    "blip": Way(ALONE),
    "blip-2": Way(ALONE, "Question: {question} Answer:"),
    "florence2": Way("<CAPTION>", None, "<OCR>"),
    "git": Way(ALONE, "{question}"),
    "got_ocr2": Way(copy=ALONE),
    "instructblip": Way("A short image description.", "{question}"),
    "kosmos-2": Way("<grounding>An image of", "<grounding> Question: {question} Answer:"),
    "paligemma": Way("<image>caption {language}", "<image>answer {language} {question}", "<image>ocr"),
    "pix2struct": Way(ALONE, "{question}", ALONE),
}
ANSWERING: Final = Way(question="{question}")
"""BLIP's other half, of the same kind of configuration."""
READING: Final = ("mbart", "bert", "roberta", "xlm-roberta")
"""Decoders of encoder-decoders that read, beside TrOCR's; the others (GPT-2) describe."""
LINES: Final = Way(copy=ALONE, by_line=True)
ENGLISH: Final = "en"


def way(folder: Folder) -> Way:
    """How the model of a folder is asked, if not by chat."""
    config = folder.config
    if config.model_type == "vision-encoder-decoder":
        decoder = config.decoder.model_type
        return LINES if decoder == "trocr" else Way(copy=ALONE) if decoder in READING else Way(ALONE)
    if folder.architecture == "BlipForQuestionAnswering":
        return ANSWERING
    return WAYS.get(config.model_type, ANY)


def worded(known: Way, name: str, asked: Mapping[str, Any]) -> str:
    """What is written beside the picture to have a question answered, or the picture described. Raises `UnsupportedError`."""
    question, language = asked["question"], asked["language"]
    words = known.question if question else known.describe
    if words is None:
        raise UnsupportedError(
            f"{name} describes pictures, and answers no questions."
            if question
            else f"{name} answers questions, and does not describe pictures by itself.",
            hint="Leave `question` out, or choose a model with a chat." if question else "Ask it one: `question`.",
        )
    if language and "{language}" not in words:
        raise untold(name)
    if asked["schema"] is not None:
        raise UnsupportedError(
            f"{name} does not answer by a schema.", hint="Leave `schema` out, or choose a model with a chat."
        )
    return words.replace("{language}", language or ENGLISH).replace("{question}", question or "")


def untold(name: str) -> UnsupportedError:
    """A language was asked for, and the model cannot be told of one."""
    return UnsupportedError(
        f"{name} cannot be told a language.", hint="Leave `language` out, or choose a model with a chat."
    )
