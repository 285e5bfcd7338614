"""Do two pictures show the same person?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from visionhub.geometry import Affine, Box
from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

if TYPE_CHECKING:
    import PIL.Image

    from visionhub.draw import Mark, Note


class ComparedFace(Value):
    """The face that was compared: the largest one of its picture."""

    box: Box


class Comparison(Result):
    """The answer of `compare_faces`.

    `same` is `similarity >= threshold`. Similarities of different providers cannot be compared with each other. `image` and
    `source` are about the first picture, `other` is the name of the second one.
    """

    task: str = "compare"
    other: str | None = None
    same: bool
    similarity: Score | None
    threshold: Score | None
    a: ComparedFace
    b: ComparedFace

    def about(self, *pictures: Image, **changes: Any) -> Self:
        """See `Result.about`."""
        known = {"other": pictures[1].name} if pictures else {}
        return super().about(*pictures, **known, **changes)

    def mapped(self, places: Mapping[str, Affine]) -> Self:
        """See `Result.mapped`: `a` lies in the first picture, `b` in the other."""
        faces = {"a": self.a, "b": self.b}
        pictures = {"a": "image", "b": "other"}
        known = {name: places[pictures[name]].apply(face) for name, face in faces.items() if pictures[name] in places}
        return self.model_copy(update=known)

    def marks(self) -> Sequence[Mark]:
        """The first picture's face."""
        from visionhub.draw import Mark

        return [Mark(self._word, None, self.a.box)]

    def notes(self) -> Sequence[Note]:
        """The verdict, and how close it is."""
        from visionhub.draw import Note

        verdict = "the same person" if self.same else "different people"
        limit = "" if self.threshold is None else f" (the same from {self.threshold:.2f} on)"
        return [Note(f"{verdict}{limit}", self.similarity, self._word)]

    @property
    def _word(self) -> str:
        return "same" if self.same else "different"

    def _drawn(self, *pictures: PIL.Image.Image) -> PIL.Image.Image:
        from visionhub.draw import Mark, annotate, beside, letter_size, with_notes

        if len(pictures) == 1:
            return super()._drawn(*pictures)
        first, second = pictures
        sheet = beside(annotate(first, self.marks()), annotate(second, [Mark(self._word, None, self.b.box)]))
        return with_notes(sheet, self.notes(), letter_size(sheet.size))


class CompareCall(Call[Comparison]):
    """`threshold` replaces the provider's own limit of similarity."""

    task: ClassVar[str] = "compare"
    meaning: ClassVar[frozenset[str]] = frozenset({"threshold"})

    image: Image
    other: Image
    threshold: Score | None = None
