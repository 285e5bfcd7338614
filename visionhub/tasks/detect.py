"""Which things are in the picture, and where?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.labels import means
from visionhub.tasks.base import Call, Count, Result, Score, best, of_kind
from visionhub.value import Value

if TYPE_CHECKING:
    import supervision

    from visionhub.draw import Mark


class Object(Value):
    """One thing. `id` is the provider's own for its kind (COCO: the category number); `parents` are wider kinds, upward.

    `name` and `parents` are the provider's words, `kind` is the canonical one (`visionhub.labels`); None: there is no mapping.
    """

    name: str
    score: Score | None
    box: Box
    kind: str | None = None
    id: str | None = None
    parents: tuple[str, ...] = ()


class Detections(Result):
    """The answer of `detect`: objects by falling score."""

    task: str = "detect"
    objects: tuple[Object, ...]

    def named(self) -> Self:
        """See `Result.named`."""
        return self.model_copy(update={"objects": tuple(of_kind(found) for found in self.objects)})

    def limited(self, call: Call[Any]) -> Self:
        """See `Result.limited`; also cut to the call's `labels`: what is called so, is of that kind, or of a kind below it."""
        assert isinstance(call, DetectCall)
        wanted = call.labels or ()
        objects = [
            found for found in self.objects
            if not wanted or any(means(word, found.name, found.kind) for word in wanted)
        ]  # fmt: skip
        kept = best(objects, call.min_score, call.max_results)
        return self if kept == self.objects else self.model_copy(update={"objects": kept})

    def marks(self) -> Sequence[Mark]:
        """One box an object."""
        from visionhub.draw import Mark

        return [Mark(found.name, found.score, found.box) for found in self.objects]

    def to_coco(self, image_id: int = 0) -> list[dict[str, Any]]:
        """COCO's results format: `bbox` is `[x, y, width, height]` in pixels. `category_id` is None for an id that is no number."""
        from visionhub.export import to_coco

        return to_coco(self, [(found.box, found.score, found.name, found.id) for found in self.objects], image_id)

    def to_supervision(self) -> supervision.Detections:
        """For the `supervision` package, which must be installed; names stand in `data["class_name"]`."""
        from visionhub.export import to_supervision

        return to_supervision(self, [(found.box, found.score, found.name) for found in self.objects])


class DetectCall(Call[Detections]):
    """`labels` asks only for these kinds: canonical (`vehicle` finds cars), the provider's own, or any words of an open vocabulary.

    `min_score` and `max_results` left out mean the provider's usual cut.
    """

    task: ClassVar[str] = "detect"
    meaning: ClassVar[frozenset[str]] = frozenset({"labels"})

    image: Image
    labels: tuple[str, ...] | None = None
    min_score: Score | None = None
    max_results: Count | None = None
