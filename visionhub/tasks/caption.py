"""What does the picture show, in words? And what is the answer to a question about it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

if TYPE_CHECKING:
    from visionhub.draw import Mark, Note


class Region(Value):
    """A part of the picture with its own caption."""

    text: str
    score: Score | None
    box: Box


class Caption(Result):
    """The answer of `caption`: `text` describes the picture, or answers `question` if one was asked."""

    task: str = "caption"
    text: str
    score: Score | None = None
    question: str | None = None
    tags: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()

    def marks(self) -> Sequence[Mark]:
        """One box a region."""
        from visionhub.draw import Mark

        return [Mark(region.text, region.score, region.box) for region in self.regions]

    def notes(self) -> Sequence[Note]:
        """The text, after the question."""
        from visionhub.draw import Note

        return [Note(line) for line in (self.question, self.text) if line]


class CaptionCall(Call[Caption]):
    """`question` asks about the picture instead of describing it; `language` (BCP 47) is that of the answer."""

    task: ClassVar[str] = "caption"
    meaning: ClassVar[frozenset[str]] = frozenset({"question", "language"})

    image: Image
    question: str | None = None
    language: str | None = None
