"""One box from several of the same thing: weighted box fusion.

Solovyev, Wang and Gabruseva, "Weighted boxes fusion", Image and Vision Computing 107, 2021. Their package `ensemble-boxes` brings numba and
pandas; this is some thirty lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from visionhub.geometry import Box

SAME = 0.5
"""From this IoU on, two boxes of one kind are the same thing."""
UNSCORED = 0.5
"""What a box without a score weighs."""


class Boxed(Protocol):
    """Something with a place and perhaps a score."""

    @property
    def box(self) -> Box:
        """Where it is."""
        ...

    @property
    def score(self) -> float | None:
        """0..1, or None."""


B = TypeVar("B", bound=Boxed)


@dataclass(slots=True)
class Cluster(Generic[B]):
    """What several answers say of one thing: its `members` by the number of the answer, at most one each."""

    members: dict[int, B]
    box: Box

    @property
    def best(self) -> B:
        """The member with the highest score."""
        return max(self.members.values(), key=_weight)

    def score(self, answers: int) -> float | None:
        """The mean over all `answers`, those that do not have it counted as 0; None if no member has a score."""
        known = [member.score for member in self.members.values() if member.score is not None]
        return sum(known) / len(known) * len(self.members) / answers if known else None

    def add(self, answer: int, member: B) -> None:
        """Takes another member; the box becomes the mean of all, by their scores."""
        self.members[answer] = member
        weights = [_weight(one) for one in self.members.values()]
        total = sum(weights)
        corners = [
            sum(getattr(one.box, side) * weight for one, weight in zip(self.members.values(), weights, strict=True))
            / total
            for side in ("x0", "y0", "x1", "y1")
        ]
        self.box = Box.clamped(*corners)


def clusters(answers: Sequence[Sequence[B]]) -> list[Cluster[B]]:
    """The things that several answers found, by falling score of their first member."""
    found: list[Cluster[B]] = []
    listed = [(index, member) for index, answer in enumerate(answers) for member in answer]
    for index, member in sorted(listed, key=lambda one: -_weight(one[1])):
        near = [
            cluster for cluster in found
            if index not in cluster.members
            and kind_of(cluster.best) == kind_of(member)
            and cluster.box.iou(member.box) >= SAME
        ]  # fmt: skip
        if near:
            max(near, key=lambda cluster: cluster.box.iou(member.box)).add(index, member)
        else:
            found.append(Cluster({index: member}, member.box))
    return found


def kind_of(thing: object) -> str:
    """What a thing is, so that it can be compared: its canonical kind, else its own name, else nothing."""
    return getattr(thing, "kind", None) or getattr(thing, "name", "").casefold()


def _weight(member: Boxed) -> float:
    return UNSCORED if member.score is None else max(member.score, 1e-6)
