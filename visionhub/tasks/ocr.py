"""What is written in the picture?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from visionhub.geometry import Polygon
from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

if TYPE_CHECKING:
    import PIL.Image

    from visionhub.draw import Mark


class Word(Value):
    """One word; its polygon begins at the top left of the word as it is read."""

    text: str
    score: Score | None
    polygon: Polygon


class Line(Value):
    """One line of text, in reading order. `block` numbers paragraphs from 0, `page` pages from 1."""

    text: str
    score: Score | None
    polygon: Polygon
    block: int = 0
    page: int = 1
    language: str | None = None
    words: tuple[Word, ...] = ()


class Text(Result):
    """The answer of `ocr`: lines in reading order; `text` is all of them, blocks apart by an empty line."""

    task: str = "ocr"
    text: str
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: Iterable[Line], **common: Any) -> Self:
        """An answer made of `lines`, its `text` composed from them."""
        lines = tuple(lines)
        return cls(text=compose(lines), lines=lines, **common)

    def limited(self, call: Call[Any]) -> Self:
        """See `Result.limited`; `text` is composed anew if a line falls out."""
        assert isinstance(call, OcrCall)
        if call.min_score is None:
            return self
        kept = tuple(line for line in self.lines if line.score is None or line.score >= call.min_score)
        return self if len(kept) == len(self.lines) else self.model_copy(update={"lines": kept, "text": compose(kept)})

    def marks(self) -> Sequence[Mark]:
        """One outline a line."""
        from visionhub.draw import Mark

        return [Mark(line.text, line.score, line.polygon, color="text") for line in self.lines]

    def _drawn(self, *pictures: PIL.Image.Image) -> PIL.Image.Image:
        """The text stands on a sheet of its own: on the picture it would hide what was read."""
        from visionhub.draw import annotate, beside, transcript

        marks = self.marks()
        sheet = annotate(pictures[0], marks, names=False)
        return beside(sheet, transcript(sheet.size, marks)) if marks else sheet


def compose(lines: Sequence[Line]) -> str:
    """The running text: a line break between lines, an empty line between blocks and pages."""
    parts: list[str] = []
    for before, line in zip((None, *lines), lines, strict=False):
        if before is not None:
            parts.append("\n" if (before.block, before.page) == (line.block, line.page) else "\n\n")
        parts.append(line.text)
    return "".join(parts)


class OcrCall(Call[Text]):
    """`language` (BCP 47, e.g. `de`) tells the provider what to expect; left out, it finds out by itself."""

    task: ClassVar[str] = "ocr"
    meaning: ClassVar[frozenset[str]] = frozenset({"language"})

    image: Image
    language: str | None = None
    min_score: Score | None = None
