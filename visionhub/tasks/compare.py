"""Do two pictures show the same person?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from visionhub.geometry import Affine, Box
from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

if TYPE_CHECKING:
    from visionhub.draw import Mark


class ComparedFace(Value):
    """The face that was compared: the largest one of its picture."""

    box: Box


class Comparison(Result):
    """The answer of `compare_faces`.

    `same` is `similarity >= threshold`. Similarities of different providers cannot be compared with each other. `image`,
    `source` and `draw` are about the first picture.
    """

    task: str = "compare"
    same: bool
    similarity: Score | None
    threshold: Score | None
    a: ComparedFace
    b: ComparedFace

    def mapped(self, places: Mapping[str, Affine]) -> Self:
        """See `Result.mapped`: `a` lies in the first picture, `b` in the other."""
        faces = {"a": self.a, "b": self.b}
        pictures = {"a": "image", "b": "other"}
        known = {name: places[pictures[name]].apply(face) for name, face in faces.items() if pictures[name] in places}
        return self.model_copy(update=known)

    def marks(self) -> Sequence[Mark]:
        """The first picture's face."""
        from visionhub.draw import Mark

        return [Mark("same" if self.same else "different", self.similarity, self.a.box)]


class CompareCall(Call[Comparison]):
    """`threshold` replaces the provider's own limit of similarity."""

    task: ClassVar[str] = "compare"
    meaning: ClassVar[frozenset[str]] = frozenset({"threshold"})

    image: Image
    other: Image
    threshold: Score | None = None
