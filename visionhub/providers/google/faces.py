"""FACE_DETECTION: faces, 36 kinds of landmarks, three angles; what else it says, it says in steps of likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.geometry import Box, Polygon
from visionhub.providers.google import annotate
from visionhub.providers.google.landmarks import NATIVE, landmark
from visionhub.providers.google.likelihood import LEVELS, level
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Attribute, Face, Pose
from visionhub.wire import Request, Response

FEATURE = "FACE_DETECTION"
# Withdrawn for all on 2027-01-14, for new projects since 2026-10-15: https://cloud.google.com/vision/docs/release-notes
EMOTIONS = {
    "joy": "joyLikelihood",
    "sorrow": "sorrowLikelihood",
    "anger": "angerLikelihood",
    "surprise": "surpriseLikelihood",
}
STATES = {"headwear": "headwearLikelihood", "blurred": "blurredLikelihood", "under_exposed": "underExposedLikelihood"}
LIKELIHOODS = {**EMOTIONS, **STATES}
ATTRIBUTES = ("emotion", *LIKELIHOODS)
POSSIBLE = LEVELS.index("POSSIBLE")
CAPABILITY = Capability(
    options={"attributes": Support.EMULATED, "max_results": Support.NATIVE},
    fields=("faces.landmarks", "faces.pose", *(f"faces.attributes.{name}" for name in ATTRIBUTES)),
    price=annotate.PRICE,
    **annotate.LIMITS,
)


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`."""
    return annotate.request(call.image, FEATURE, call.extra, maxResults=call.max_results, model=call.model)


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. The box is the tight one, around the skin.

    `emotion` is the likeliest of the four that is at least possible; each of the others is told by its step, `very_likely` say.
    """
    found = annotate.answered(response).get("faceAnnotations", ())
    size = call.image.width, call.image.height
    return Faces(
        faces=tuple(_face(one, size, call.attributes) for one in found),
        warnings=tuple(_warnings(found, call.attributes)),
    )


def _face(one: Mapping[str, Any], size: tuple[int, int], attributes: tuple[str, ...]) -> Face:
    return Face(
        box=annotate.outline(one.get("fdBoundingPoly") or one["boundingPoly"], *size).box,
        score=one.get("detectionConfidence", 0.0),
        landmarks={
            landmark(said["type"]): annotate.place(said["position"], *size) for said in one.get("landmarks", ())
        },
        pose=Pose(roll=one.get("rollAngle", 0.0), yaw=one.get("panAngle", 0.0), pitch=one.get("tiltAngle", 0.0)),
        attributes={name: value for name in attributes if (value := _attribute(one, name))},
    )


def _attribute(one: Mapping[str, Any], name: str) -> Attribute | None:
    if name == "emotion":
        steps = {emotion: LEVELS.index(level(one.get(member))) for emotion, member in EMOTIONS.items()}
        likeliest = max(steps, key=lambda emotion: steps[emotion])
        return Attribute(value=likeliest) if steps[likeliest] >= POSSIBLE else None
    if name not in LIKELIHOODS:
        return None
    step = level(one.get(LIKELIHOODS[name]))
    return None if step == LEVELS[0] else Attribute(value=step.lower())


def _warnings(found: Any, attributes: tuple[str, ...]) -> list[Warning]:
    warnings = [
        Warning(code="attribute_unknown", message=f"google does not infer {name} of a face.")
        for name in attributes
        if name not in ATTRIBUTES
    ]
    feelings = [name for name in attributes if name == "emotion" or name in EMOTIONS]
    if feelings and found and all(level(one.get(member)) == LEVELS[0] for one in found for member in EMOTIONS.values()):
        message = (
            f"google no longer tells {' and '.join(feelings)}: withdrawn for this project, and for all on 2027-01-14."
        )
        warnings.append(Warning(code="attribute_withdrawn", message=message))
    return warnings


def parse(request: Request) -> FacesCall:
    """See `visionhub.codec`. Google tells all that it infers, unasked."""
    common, feature = annotate.asked(request)
    return FacesCall(**common, max_results=feature.get("maxResults"))


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`. Landmarks that Google has no name for are left out."""
    size = call.image.width, call.image.height
    return annotate.answer(faceAnnotations=[_said(face, size) for face in result.faces])


def _said(face: Face, size: tuple[int, int]) -> dict[str, Any]:
    poly = annotate.vertices(_corners(face.box), *size)
    pose = face.pose or Pose(roll=0, yaw=0, pitch=0)
    landmarks = [
        {"type": NATIVE[name], "position": {"x": at.x * size[0], "y": at.y * size[1], "z": 0.0}}
        for name, at in face.landmarks.items()
        if name in NATIVE
    ]
    steps = {
        member: str(face.attributes[name].value).upper() if name in face.attributes else LEVELS[0]
        for name, member in LIKELIHOODS.items()
    }
    feeling = EMOTIONS.get(str(face.attributes["emotion"].value)) if "emotion" in face.attributes else None
    return {
        "boundingPoly": poly, "fdBoundingPoly": poly, "landmarks": landmarks, "rollAngle": pose.roll, "panAngle": pose.yaw,
        "tiltAngle": pose.pitch, "detectionConfidence": face.score or 0.0, "landmarkingConfidence": 0.0, **steps,
        **({feeling: "LIKELY"} if feeling else {}),
    }  # fmt: skip


def _corners(box: Box) -> Polygon:
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))
