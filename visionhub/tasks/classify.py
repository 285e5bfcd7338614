"""What is in the picture, as a whole?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from visionhub.image import Image
from visionhub.tasks.base import Call, Count, Result, Score, best, of_kind
from visionhub.value import Value

if TYPE_CHECKING:
    from visionhub.draw import Note


class Label(Value):
    """One name for the whole picture. `id` is the provider's own (ImageNet: the WordNet id); `parents` run upward."""

    name: str
    score: Score | None
    kind: str | None = None
    id: str | None = None
    parents: tuple[str, ...] = ()


class Labels(Result):
    """The answer of `classify`: labels by falling score."""

    task: str = "classify"
    labels: tuple[Label, ...]

    def named(self) -> Self:
        """See `Result.named`."""
        return self.model_copy(update={"labels": tuple(of_kind(label) for label in self.labels)})

    def limited(self, call: Call[Any]) -> Self:
        """See `Result.limited`."""
        assert isinstance(call, ClassifyCall)
        kept = best(self.labels, call.min_score, call.max_results)
        return self if kept == self.labels else self.model_copy(update={"labels": kept})

    def notes(self) -> Sequence[Note]:
        """One line a label, with its score."""
        from visionhub.draw import Note

        return [Note(label.name, label.score) for label in self.labels]


class ClassifyCall(Call[Labels]):
    """`labels` restricts the answer to these names (open vocabulary, where the provider offers it).

    `min_score` and `max_results` left out mean the provider's usual cut.
    """

    task: ClassVar[str] = "classify"
    meaning: ClassVar[frozenset[str]] = frozenset({"labels"})

    image: Image
    labels: tuple[str, ...] | None = None
    min_score: Score | None = None
    max_results: Count | None = None
