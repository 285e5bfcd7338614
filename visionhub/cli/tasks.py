"""One command a task: what it asks. What comes before and after is the same for all: see `answer.py`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from visionhub.cli import analyze
from visionhub.cli.answer import Asked, answer
from visionhub.cli.inputs import each, first_with_others
from visionhub.cli.options import Common, Labels, Language, MaxResults, MinScore, Pictures, size_of, words

PANEL = "Ask"
T = TypeVar("T")


def classify(
    pictures: Pictures, labels: Labels = None, min_score: MinScore = None, max_results: MaxResults = None
) -> Asked:
    """What is in the picture, as a whole?"""
    return Asked("classify", each(pictures), labels=words(labels), min_score=min_score, max_results=max_results)


def detect(
    pictures: Pictures, labels: Labels = None, min_score: MinScore = None, max_results: MaxResults = None
) -> Asked:
    """Which things are in the picture, and where?"""
    return Asked("detect", each(pictures), labels=words(labels), min_score=min_score, max_results=max_results)


def ocr(pictures: Pictures, language: Language = None, min_score: MinScore = None) -> Asked:
    """What is written in the picture?"""
    return Asked("ocr", each(pictures), language=language, min_score=min_score)


def faces(
    pictures: Pictures,
    attributes: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME,...", help="Guess these too, e.g. age,gender,emotion.", show_default=False),
    ] = None,
    embedding: Annotated[bool, typer.Option("--embedding", help="A vector to compare faces by.")] = False,
    min_score: MinScore = None,
    max_results: MaxResults = None,
) -> Asked:
    """Where are faces, and how do they look out of the picture?"""
    return Asked(
        "faces",
        each(pictures),
        attributes=words(attributes),
        embedding=embedding or None,
        min_score=min_score,
        max_results=max_results,
    )


def compare(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="A file, a URL, or - for stdin.")],
    others: Annotated[
        list[str], typer.Argument(metavar="OTHER", help="What to compare it with: named like all pictures.")
    ],
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="0..1",
            help="The same from this similarity on. By default the provider's.",
            show_default=False,
        ),
    ] = None,
) -> Asked:
    """Do two pictures show the same person?

    Compares the first picture with each of the others.
    """
    return Asked("compare", first_with_others(picture, others), threshold=threshold)


def moderate(pictures: Pictures) -> Asked:
    """Is the picture fit to be shown?"""
    return Asked("moderate", each(pictures))


def caption(
    pictures: Pictures,
    question: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Ask this, instead of what is to be seen.", show_default=False)
    ] = None,
    language: Language = None,
) -> Asked:
    """What does the picture show, in words?"""
    return Asked("caption", each(pictures), question=question, language=language)


def generate(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the picture is to show.")],
    negative_prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What it must not show.", show_default=False)
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="In pixels, e.g. 1024x768.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="How many pictures.")] = 1,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Makes the answer repeatable.", show_default=False)
    ] = None,
) -> Asked:
    """Make a picture from words."""
    return Asked(
        "generate", [()], prompt=prompt, negative_prompt=negative_prompt, size=size_of(size), count=count, seed=seed
    )


def embed(
    pictures: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PICTURE]...", help="Files, folders, globs, URLs, or - for stdin.", show_default=False),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A text instead of a picture.", show_default=False)
    ] = None,
) -> Asked:
    """What is a picture, or a text, like? As a vector."""
    return Asked("embed", each(pictures) if pictures else [()], text=text)


QUESTIONS = (classify, detect, ocr, faces, compare, moderate, caption, generate, embed)


def add_to(app: typer.Typer) -> None:
    """Makes a command of every question: its own options, then those that all have."""
    for question in QUESTIONS:
        app.command(rich_help_panel=PANEL)(_command(question, answer))
    app.command(rich_help_panel=PANEL)(_command(analyze.analyze, analyze.answer, analyze.LEFT_OUT))


def _command(
    question: Callable[..., T], answer: Callable[[T, Common], int], left_out: Sequence[str] = ()
) -> Callable[..., None]:
    own = inspect.signature(question, eval_str=True).parameters
    known = inspect.signature(Common, eval_str=True).parameters
    common = {name: option for name, option in known.items() if name not in left_out}

    def command(**given: Any) -> None:
        asked = question(**{name: given[name] for name in own})
        raise typer.Exit(answer(asked, Common(**{name: given[name] for name in common})))

    command.__name__ = question.__name__
    command.__doc__ = question.__doc__
    command.__signature__ = inspect.Signature([*own.values(), *common.values()])  # type: ignore[attr-defined]
    command.__annotations__ = {name: kind.annotation for name, kind in ({**own, **common}).items()}
    return command
