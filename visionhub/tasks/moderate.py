"""Is the picture fit to be shown?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, get_args

from visionhub.image import Image
from visionhub.tasks.base import Call, Result, Score
from visionhub.value import Value

if TYPE_CHECKING:
    from visionhub.draw import Note

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

    def notes(self) -> Sequence[Note]:
        """One line a category, the flagged ones first; then what was not looked for."""
        from visionhub.draw import Note

        ordered = sorted(self.categories, key=lambda category: not category.flagged)
        notes = [
            Note(_verdict(category), category.score, "flagged" if category.flagged else None) for category in ordered
        ]
        if self.not_assessed:
            notes.append(Note(f"not assessed: {', '.join(self.not_assessed)}"))
        return notes


def _verdict(category: Category) -> str:
    level = f" ({category.level})" if category.level else ""
    return f"{category.name}: {'FLAGGED' if category.flagged else 'not flagged'}{level}"


class ModerateCall(Call[Moderation]):
    """Looks for everything that the provider can assess."""

    task: ClassVar[str] = "moderate"

    image: Image
