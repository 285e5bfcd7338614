"""What can be drawn: marks at a place of the picture, notes below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from visionhub.geometry import Box, Point, Polygon


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that stands at a place: a name, perhaps a score (0..1), its outline and points. `color` is what equal colours mean."""

    name: str
    score: float | None
    outline: Box | Polygon
    points: Sequence[Point] = ()
    color: str | None = None

    @property
    def box(self) -> Box:
        """The smallest upright rectangle around the outline."""
        return self.outline if isinstance(self.outline, Box) else self.outline.box

    @property
    def meaning(self) -> str:
        """What the mark has in common with others of its colour."""
        return self.color or self.name

    @property
    def title(self) -> str:
        """The name, with its score."""
        return self.name if self.score is None else f"{self.name} {self.score:.2f}"


@dataclass(frozen=True, slots=True)
class Note:
    """A line about the whole picture. A score (0..1) is drawn as a bar; `color` is what equal colours mean."""

    text: str
    score: float | None = None
    color: str | None = None
