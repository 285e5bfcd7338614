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
    """

    describe: str | None = None
    question: str | None = None
    copy: str | None = None


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
READING: Final = ("trocr", "mbart", "bert", "roberta", "xlm-roberta")
"""Decoders of encoder-decoders that read; the others (GPT-2) describe."""
ENGLISH: Final = "en"


def way(folder: Folder) -> Way:
    """How the model of a folder is asked, if not by chat."""
    config = folder.config
    if config.model_type == "vision-encoder-decoder":
        return Way(copy=ALONE) if config.decoder.model_type in READING else Way(ALONE)
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
        raise UnsupportedError(
            f"{name} cannot be told in which language to answer.",
            hint="Leave `language` out, or choose a model with a chat.",
        )
    return words.replace("{language}", language or ENGLISH).replace("{question}", question or "")
