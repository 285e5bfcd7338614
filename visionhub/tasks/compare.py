"""Do two pictures show the same person?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from visionhub.geometry import Box
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
