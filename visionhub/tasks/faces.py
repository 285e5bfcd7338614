"""Whose faces are in the picture, where, and how do they look out of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field

from visionhub.geometry import Box, Point
from visionhub.image import Image
from visionhub.tasks.base import Call, Count, Result, Score, best
from visionhub.value import Value

if TYPE_CHECKING:
    import supervision

    from visionhub.draw import Mark


class Pose(Value):
    """Where the head points, in degrees, all 0 for a face that looks straight into the camera.

    `roll` grows as the head tilts clockwise in the picture, `yaw` as it turns to the picture's right, `pitch` as it looks
    up. Providers measure differently: compare poses of one provider only.
    """

    roll: float
    yaw: float
    pitch: float


class Attribute(Value):
    """Something inferred about a face: years for `age`, a word for `gender` and `emotion`. A guess, not a fact."""

    value: float | bool | str
    score: Score | None = None


class Face(Value):
    """One face. Landmarks are named from the subject's side: `left_eye` is the person's own left eye.

    Common names: `left_eye right_eye nose mouth_left mouth_right`; a provider may add its own.
    """

    box: Box
    score: Score | None
    landmarks: Mapping[str, Point] = Field(default_factory=dict)
    pose: Pose | None = None
    attributes: Mapping[str, Attribute] = Field(default_factory=dict)
    embedding: tuple[float, ...] | None = Field(default=None, repr=False)


class Faces(Result):
    """The answer of `faces`: by falling score."""

    task: str = "faces"
    faces: tuple[Face, ...]

    def limited(self, call: Call[Any]) -> Self:
        """See `Result.limited`."""
        assert isinstance(call, FacesCall)
        kept = best(self.faces, call.min_score, call.max_results)
        return self if kept == self.faces else self.model_copy(update={"faces": kept})

    def marks(self) -> Sequence[Mark]:
        """One box a face, with its landmarks and attributes."""
        from visionhub.draw import Mark

        marks = []
        for face in self.faces:
            words = [
                f"{known.value:.0f}" if isinstance(known.value, float) else str(known.value)
                for known in face.attributes.values()
            ]
            marks.append(
                Mark(" ".join(["face", *words]), face.score, face.box, tuple(face.landmarks.values()), color="face")
            )
        return marks

    def to_coco(self, image_id: int = 0) -> list[dict[str, Any]]:
        """COCO's results format: `bbox` is `[x, y, width, height]` in pixels; the category is named `face`."""
        from visionhub.export import to_coco

        return to_coco(self, [(face.box, face.score, "face", None) for face in self.faces], image_id)

    def to_supervision(self) -> supervision.Detections:
        """For the `supervision` package, which must be installed."""
        from visionhub.export import to_supervision

        return to_supervision(self, [(face.box, face.score, "face") for face in self.faces])


class FacesCall(Call[Faces]):
    """`attributes` (`age`, `gender`, `emotion`, …) are inferred only when named; `embedding` asks for a vector to compare faces by."""

    task: ClassVar[str] = "faces"
    meaning: ClassVar[frozenset[str]] = frozenset({"embedding"})

    image: Image
    attributes: tuple[str, ...] = ()
    embedding: bool = False
    min_score: Score | None = None
    max_results: Count | None = None


def other_side(name: str) -> str:
    """A landmark's name as it is called from the other side: `left_eye` for `right_eye`."""
    swapped = {"left": "right", "right": "left"}
    return "_".join(swapped.get(word, word) for word in name.split("_"))
