"""Answers to be read by people: a heading and a table for each picture, plain enough for `grep` and `awk`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatchmethod

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from visionhub.cli.screen import printable, table
from visionhub.draw.palette import Color, color_of
from visionhub.geometry import Box
from visionhub.tasks import Caption, Comparison, Detections, Embedding, Faces, Images, Labels, Moderation, Result
from visionhub.tasks import Text as Read

NOTHING = Text("nothing found", style="dim")
PLACE = ("left", "top", "right", "bottom")
BAR = 12
TRACK: Color = (90, 90, 96)


@dataclass(frozen=True, slots=True)
class Tables:
    """Makes what is printed for an answer. `colored` adds bars for scores, and spots in the colours of the saved picture."""

    colored: bool = False

    def block(self, result: Result, *, alone: bool) -> list[RenderableType]:
        """Heading and answer. Read text that stands alone has no heading: it can be put into a file as it is."""
        if alone and isinstance(result, Read):
            return [_plain(result.text)] if result.text else []
        body = self.body(result)
        parts = [_heading(result), body if isinstance(result, Read) else Padding.indent(body, 2)]
        return parts if alone else [*parts, Text("")]

    @singledispatchmethod
    def body(self, result: Result) -> RenderableType:
        """The answer itself."""
        raise NotImplementedError(type(result))

    @body.register
    def _labels(self, result: Labels) -> RenderableType:
        if not result.labels:
            return NOTHING
        rows = table("label", "score", *self._bar_title)
        for label in result.labels:
            rows.add_row(_plain(label.name), _score(label.score), *self._bar(label.score, color_of("text")))
        return rows

    @body.register
    def _detections(self, result: Detections) -> RenderableType:
        if not result.objects:
            return NOTHING
        rows = table("object", "score", *PLACE)
        for found in result.objects:
            rows.add_row(self._spotted(found.name), _score(found.score), *_place(found.box, result))
        return rows

    @body.register
    def _text(self, result: Read) -> RenderableType:
        return _plain(result.text) if result.text else NOTHING

    @body.register
    def _faces(self, result: Faces) -> RenderableType:
        if not result.faces:
            return NOTHING
        guessed = list(dict.fromkeys(name for face in result.faces for name in face.attributes))
        angles = ("roll", "yaw", "pitch") if any(face.pose for face in result.faces) else ()
        vectors = ("embedding",) if any(face.embedding for face in result.faces) else ()
        rows = table("face", "score", *PLACE, *angles, *guessed, *vectors, left=guessed)
        for number, face in enumerate(result.faces, 1):
            guesses = (face.attributes.get(name) for name in guessed)
            rows.add_row(
                str(number),
                _score(face.score),
                *_place(face.box, result),
                *(f"{getattr(face.pose, angle):.0f}°" if face.pose else "" for angle in angles),
                *(_plain(_value(guess.value)) if guess else "" for guess in guesses),
                *(f"{len(face.embedding)} numbers" if face.embedding else "" for _ in vectors),
            )
        return rows

    @body.register
    def _comparison(self, result: Comparison) -> RenderableType:
        verdict = ("the same person", "bold green") if result.same else ("different people", "bold red")
        known = {"similarity": result.similarity, "threshold": result.threshold}
        figures = "  ".join(f"{name} {value:.2f}" for name, value in known.items() if value is not None)
        return Text.assemble(verdict, "  ", (figures, "dim"))

    @body.register
    def _moderation(self, result: Moderation) -> RenderableType:
        verdict = Text("flagged", "bold red") if result.flagged else Text("not flagged", "bold green")
        rows = table("category", "score", "verdict", *self._bar_title, left=["verdict"])
        for category in result.categories:
            name = "flagged" if category.flagged else "not flagged"
            strength = _plain(category.level) if category.level else _score(category.score)
            color = color_of("flagged" if category.flagged else "text")
            rows.add_row(
                category.name,
                strength,
                Text(name, "red" if category.flagged else ""),
                *self._bar(category.score, color),
            )
        unseen = [Text(f"not assessed: {', '.join(result.not_assessed)}", "dim")] if result.not_assessed else []
        return Group(verdict, rows, *unseen)

    @body.register
    def _caption(self, result: Caption) -> RenderableType:
        parts: list[RenderableType] = [Text(printable(result.question), "dim")] if result.question else []
        parts.append(_plain(result.text))
        if result.tags:
            parts.append(Text(f"tags: {printable(', '.join(result.tags))}", "dim"))
        if result.regions:
            rows = table("region", "score", *PLACE)
            for region in result.regions:
                rows.add_row(self._spotted(region.text), _score(region.score), *_place(region.box, result))
            parts.append(rows)
        return Group(*parts)

    @body.register
    def _images(self, result: Images) -> RenderableType:
        if not result.images:
            return NOTHING
        rows = table("picture", "size", "type", "seed", "prompt as understood", left=["type", "prompt as understood"])
        for number, image in enumerate(result.images, 1):
            seed = "" if image.seed is None else str(image.seed)
            size = f"{image.width} x {image.height}"
            rows.add_row(str(number), size, _plain(image.media_type), seed, _plain(image.revised_prompt or ""))
        return rows

    @body.register
    def _embedding(self, result: Embedding) -> RenderableType:
        numbers = ", ".join(f"{number:.4f}" for number in result.vector[:6])
        return Text(f"{len(result.vector)} numbers: {numbers} …")

    @property
    def _bar_title(self) -> tuple[str, ...]:
        return ("",) if self.colored else ()

    def _bar(self, score: float | None, color: Color) -> tuple[Text, ...]:
        if not self.colored:
            return ()
        full = 0 if score is None else round(score * BAR)
        rest = 0 if score is None else BAR - full
        return (Text.assemble(("━" * full, _ink(color)), ("━" * rest, _ink(TRACK))),)

    def _spotted(self, name: str) -> Text:
        return Text.assemble(("■ ", _ink(color_of(name))), printable(name)) if self.colored else _plain(name)


def _heading(result: Result) -> Text:
    names = [name for name in (result.source, getattr(result, "other", None)) if name]
    facts = [f"{result.image.width} x {result.image.height}"] if result.image else []
    facts.append(" ".join(name for name in (result.provider, result.model) if name))
    if result.usage.latency_ms is not None:
        facts.append(f"{result.usage.latency_ms:.0f} ms")
    if result.usage.cost_usd:
        facts.append(f"${result.usage.cost_usd:.4f}")
    return Text.assemble((printable(" | ".join(names) or result.task), "bold"), ("  " + "  ".join(facts), "dim"))


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _place(box: Box, result: Result) -> Iterable[str]:
    """In pixels, or in 0..1 if the picture's size is not known."""
    if result.image is None:
        return (f"{value:.3f}" for value in box.pixels(1, 1))
    return (f"{value:.0f}" for value in box.pixels(result.image.width, result.image.height))


def _ink(color: Color) -> Style:
    return Style(color="rgb({},{},{})".format(*color))


def _plain(text: str) -> Text:
    return Text(printable(text))


def _value(value: float | bool | str) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)
