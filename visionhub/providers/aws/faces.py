"""DetectFaces: up to 100 faces; what it infers about them, only when asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.geometry import Point
from visionhub.image import Image
from visionhub.providers.aws import shares
from visionhub.providers.aws.labels import PICTURES, REKOGNITION
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Attribute, Face, Pose, other_side
from visionhub.wire import Request, Response

OPERATION = "rekognition.detect_faces"
# By our names: what is asked for, and the member of the answer.
ATTRIBUTES = {
    "age": ("AGE_RANGE", "AgeRange"), "gender": ("GENDER", "Gender"), "emotion": ("EMOTIONS", "Emotions"),
    "smile": ("SMILE", "Smile"), "glasses": ("EYEGLASSES", "Eyeglasses"), "sunglasses": ("SUNGLASSES", "Sunglasses"),
    "beard": ("BEARD", "Beard"), "mustache": ("MUSTACHE", "Mustache"), "eyes_open": ("EYES_OPEN", "EyesOpen"),
    "mouth_open": ("MOUTH_OPEN", "MouthOpen"), "occluded": ("FACE_OCCLUDED", "FaceOccluded"),
}  # fmt: skip
CAPABILITY = Capability(
    options={"attributes": Support.NATIVE},
    fields=("faces.landmarks", "faces.pose", *(f"faces.attributes.{name}" for name in ATTRIBUTES)),
    max_side=10_000,
    model="rekognition",
    price=REKOGNITION,
    docs="https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectFaces.html",
    **PICTURES,
)
TYPES = (
    "eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight", "leftEyeBrowLeft", "leftEyeBrowRight", "leftEyeBrowUp",
    "rightEyeBrowLeft", "rightEyeBrowRight", "rightEyeBrowUp", "leftEyeLeft", "leftEyeRight", "leftEyeUp", "leftEyeDown",
    "rightEyeLeft", "rightEyeRight", "rightEyeUp", "rightEyeDown", "noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil",
    "rightPupil", "upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight",
)  # fmt: skip
# Its names are the viewer's sides: in the recorded answers `eyeLeft` lies left in the picture.
EYES = {"eyeLeft": "right_eye", "eyeRight": "left_eye"}


def landmark(kind: str) -> str:
    """Our name for a landmark."""
    return EYES.get(kind) or other_side(re.sub(r"([A-Z])", r"_\1", kind).lower())


NATIVE = {landmark(kind): kind for kind in TYPES}


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`."""
    asked = [ATTRIBUTES[name][0] for name in call.attributes if name in ATTRIBUTES]
    body: dict[str, Any] = {"Image": {"Bytes": call.image.data}, **({"Attributes": asked} if asked else {})}
    return Request(OPERATION, {**body, **call.extra})


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. `age` is the middle of AWS's range, `emotion` the likeliest one."""
    warnings = tuple(
        Warning(code="attribute_unknown", message=f"aws does not infer {name} of a face.")
        for name in call.attributes
        if name not in ATTRIBUTES
    )
    found = sorted(response.body["FaceDetails"], key=lambda detail: detail["Confidence"], reverse=True)
    return Faces(faces=tuple(face(detail, call.attributes) for detail in found), warnings=warnings)


def face(detail: Mapping[str, Any], attributes: tuple[str, ...]) -> Face:
    """One face of an answer, with those of its attributes that were asked for."""
    known = {name: detail[ATTRIBUTES[name][1]] for name in attributes if ATTRIBUTES.get(name, ("", ""))[1] in detail}
    pose = detail.get("Pose")
    return Face(
        box=shares.box(detail["BoundingBox"]),
        score=shares.score(detail["Confidence"]),
        landmarks={
            landmark(place["Type"]): Point.clamped(place["X"], place["Y"]) for place in detail.get("Landmarks", ())
        },
        pose=Pose(roll=pose["Roll"], yaw=pose["Yaw"], pitch=pose["Pitch"]) if pose else None,
        attributes={name: attribute for name, said in known.items() if (attribute := _attribute(name, said))},
    )


def _attribute(name: str, said: Any) -> Attribute | None:
    match name:
        case "age":
            return Attribute(value=(said["Low"] + said["High"]) / 2)
        case "emotion":
            if not said:
                return None
            best = max(said, key=lambda emotion: emotion["Confidence"])
            return Attribute(value=best["Type"].lower(), score=shares.score(best["Confidence"]))
        case _:
            value = said["Value"]
            return Attribute(
                value=value.lower() if isinstance(value, str) else value, score=shares.score(said["Confidence"])
            )


def parse(request: Request) -> FacesCall:
    """See `visionhub.codec`."""
    ours = {native: name for name, (native, _) in ATTRIBUTES.items()}
    asked = request.body.get("Attributes", ())
    names = tuple(ATTRIBUTES) if "ALL" in asked else tuple(ours[native] for native in asked if native in ours)
    extra = {name: value for name, value in request.body.items() if name not in ("Image", "Attributes")}
    return FacesCall(image=Image(request.body["Image"]["Bytes"]), attributes=names, extra=extra)


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`. What another provider infers, in as far as Rekognition has a word for it."""
    del call
    return Response({"FaceDetails": [detail(found) for found in result.faces]})


def detail(found: Face) -> dict[str, Any]:
    """A face in AWS's terms."""
    pose = found.pose or Pose(roll=0, yaw=0, pitch=0)
    said: dict[str, Any] = {
        "BoundingBox": shares.bounding_box(found.box),
        "Confidence": shares.percent(found.score),
        "Landmarks": [
            {"Type": NATIVE[name], "X": at.x, "Y": at.y} for name, at in found.landmarks.items() if name in NATIVE
        ],
        "Pose": {"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch},
        "Quality": {"Brightness": 0.0, "Sharpness": 0.0},
    }
    for name, attribute in found.attributes.items():
        if name in ATTRIBUTES:
            said[ATTRIBUTES[name][1]] = _said(name, attribute)
    return said


def _said(name: str, attribute: Attribute) -> Any:
    confidence = shares.percent(attribute.score)
    match name:
        case "age":
            return {"Low": int(attribute.value), "High": round(2 * float(attribute.value)) - int(attribute.value)}
        case "emotion":
            return [{"Type": str(attribute.value).upper(), "Confidence": confidence}]
        case "gender":
            return {"Value": str(attribute.value).title(), "Confidence": confidence}
        case _:
            return {"Value": attribute.value, "Confidence": confidence}
