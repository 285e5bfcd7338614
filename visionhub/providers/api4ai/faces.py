"""`face-analyzer`: faces with five landmarks, and a vector to compare them by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.geometry import Point
from visionhub.providers.api4ai import entities
from visionhub.providers.api4ai.errors import answered
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Face
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"embedding": Support.NATIVE},
    media_types=("image/jpeg", "image/png"),
    max_bytes=16_000_000,
    fields=("faces.landmarks", "faces.embedding"),
    model="face-analyzer/v1",
    docs="https://api4.ai/docs/face-analysis",
)
# Its names are the viewer's sides: in the recorded answers `left-eye` lies left in the picture.
LANDMARKS = {
    "left-eye": "right_eye", "right-eye": "left_eye", "nose-tip": "nose",
    "mouth-left-corner": "mouth_right", "mouth-right-corner": "mouth_left",
}  # fmt: skip
NATIVE = {ours: theirs for theirs, ours in LANDMARKS.items()}
EMBEDDINGS = "embeddings"


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`."""
    asked = {EMBEDDINGS: "True"} if call.embedding else {}
    return entities.request(call.model or str(CAPABILITY.model), call.image.data, {**asked, **call.extra})


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. No attribute is inferred."""
    groups = entities.answers(answered(response)["entities"], "objects")
    warnings = tuple(
        Warning(code="attribute_unknown", message=f"api4ai does not infer {name} of a face.")
        for name in call.attributes
    )
    return Faces(faces=tuple(_face(found) for group in groups for found in group["objects"]), warnings=warnings)


def _face(found: Mapping[str, Any]) -> Face:
    parts = found["entities"]
    points: dict[str, list[float]] = {
        name: place for part in entities.of_kind(parts, "namedpoints") for name, place in part["namedpoints"].items()
    }
    vectors = [part["array"] for part in entities.of_kind(parts, "array")]
    scores = [part["classes"]["face"] for part in entities.of_kind(parts, "classes")]
    return Face(
        box=entities.box(found["box"]),
        score=scores[0] if scores else None,
        landmarks={
            LANDMARKS.get(name, name.replace("-", "_")): Point.clamped(*place) for name, place in points.items()
        },
        embedding=tuple(vectors[0]) if vectors else None,
    )


def parse(request: Request) -> FacesCall:
    """See `visionhub.codec`."""
    asked = entities.asked(request, CAPABILITY.model)
    return FacesCall(**asked, embedding=asked["extra"].pop(EMBEDDINGS, "False") == "True")


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`."""
    objects = [{"box": entities.corners(face.box), "entities": list(_parts(face))} for face in result.faces]
    return entities.answer({"kind": "objects", "name": "face-detector", "objects": objects}, name=call.image.name)


def _parts(face: Face) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if face.score is not None:
        parts.append({"kind": "classes", "name": "face", "classes": {"face": face.score}})
    if points := {
        NATIVE.get(name, name.replace("_", "-")): [place.x, place.y] for name, place in face.landmarks.items()
    }:
        parts.append({"kind": "namedpoints", "name": "face-landmarks", "namedpoints": points})
    if face.embedding is not None:
        parts.append({"kind": "array", "name": "face-embeddings", "array": list(face.embedding)})
    return parts
