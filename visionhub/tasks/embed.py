"""What is a picture, or a text, like? As a vector, which can be compared with others of the same model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.tasks.base import Call, Result

if TYPE_CHECKING:
    from visionhub.draw import Note


class Embedding(Result):
    """The answer of `embed`: `vector` has length 1, and as many numbers as the model gives. `text` is the text, if it was one."""

    task: str = "embed"
    vector: tuple[float, ...] = Field(repr=False)
    text: str | None = None

    def similarity(self, other: Embedding) -> float:
        """The cosine of the angle between both, -1..1: 1 for equals. Raises `InputError` for vectors of different models."""
        if (self.model, len(self.vector)) != (other.model, len(other.vector)):
            raise InputError(
                f"A vector of {self.model} cannot be compared with one of {other.model}.",
                hint="Ask one model for both.",
            )
        return min(1.0, max(-1.0, math.fsum(a * b for a, b in zip(self.vector, other.vector, strict=True))))

    def notes(self) -> Sequence[Note]:
        """How many numbers there are, and the first of them."""
        from visionhub.draw import Note

        first = ", ".join(f"{number:.3f}" for number in self.vector[:4])
        return [Note(f"{len(self.vector)} numbers: {first} …")]


class EmbedCall(Call[Embedding]):
    """Either `image` or `text`."""

    task: ClassVar[str] = "embed"
    meaning: ClassVar[frozenset[str]] = frozenset({"text"})

    image: Image | None = None
    text: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.image is None) == (self.text is None):
            raise ValueError("either a picture or a text is needed")
        return self
