"""Is the picture fit to be shown?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias, get_args

from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

CategoryName: TypeAlias = Literal[
    "sexual", "suggestive", "violence", "gore", "self_harm", "hate", "weapons", "drugs", "tobacco", "alcohol", "gambling",
    "gestures", "medical", "spoof",
]  # fmt: skip
CATEGORIES: tuple[CategoryName, ...] = get_args(CategoryName)


class Category(Value):
    """One thing the provider looked for. `native` is its own name for it.

    A provider that answers in words or steps rather than probabilities leaves `score` None and gives its own `level`.
    """

    name: CategoryName
    score: Score | None = None
    level: str | None = None
    flagged: bool
    native: str


class Moderation(Result):
    """The answer of `moderate`. `flagged` if any category is; what stands in `not_assessed` was not looked for, which is not "safe"."""

    task: str = "moderate"
    flagged: bool
    categories: tuple[Category, ...]
    not_assessed: tuple[CategoryName, ...]

    @classmethod
    def of(cls, categories: Sequence[Category]) -> Moderation:
        """An answer made of `categories`; the rest of the canonical names counts as not assessed."""
        seen = {category.name for category in categories}
        return cls(
            flagged=any(category.flagged for category in categories),
            categories=tuple(categories),
            not_assessed=tuple(name for name in CATEGORIES if name not in seen),
        )

    def notes(self) -> Sequence[str]:
        """One line a category, the flagged ones first."""
        ordered = sorted(self.categories, key=lambda category: not category.flagged)
        return [
            " ".join([category.name, _strength(category), "FLAGGED" if category.flagged else "not flagged"])
            for category in ordered
        ]


def _strength(category: Category) -> str:
    return category.level or ("" if category.score is None else f"{category.score:.2f}")


class ModerateCall(Call[Moderation]):
    """Looks for everything that the provider can assess."""

    task: ClassVar[str] = "moderate"

    image: Image
