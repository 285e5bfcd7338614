"""Face detect: rectangles, 27 landmarks, how the head is turned; of its guesses few are left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price, Support
from visionhub.geometry import Point
from visionhub.image import Image
from visionhub.providers.azure import pixels
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Attribute, Face, Pose, other_side
from visionhub.wire import Request, Response

DETECT = "face/detect"
PRICE = Price(
    usd=0.001, as_of=date(2026, 11, 22), source="https://azure.microsoft.com/pricing/details/cognitive-services/face-api/", sure=False,
    tiers={1_000_000: 0.0008, 5_000_000: 0.0006, 100_000_000: 0.0004},
)  # fmt: skip
LIMITS: dict[str, Any] = {
    "media_types": ("image/jpeg", "image/png", "image/gif", "image/bmp"),
    "max_bytes": 6_291_456,
    "model": "detection_03",
    "docs": "https://learn.microsoft.com/rest/api/face/face-detection-operations/detect",
}
# By our names: Azure's, and the part of its answer that says how much.
ATTRIBUTES: Mapping[str, tuple[str, str | None]] = {
    "glasses": ("glasses", None), "mask": ("mask", "type"), "occluded": ("occlusion", None), "blurred": ("blur", "blurLevel"),
    "exposure": ("exposure", "exposureLevel"), "noise": ("noise", "noiseLevel"), "quality": ("qualityForRecognition", None),
}  # fmt: skip
WITHDRAWN = ("age", "gender", "emotion", "smile", "hair", "beard", "mustache", "makeup")
# Only the oldest model tells these.
OLD = {"glasses", "occluded", "blurred", "exposure", "noise"}
POSE = "headPose"
RECTANGLE = ("left", "top", "width", "height")
TYPES = (
    "pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight", "eyebrowLeftOuter", "eyebrowLeftInner", "eyeLeftOuter", "eyeLeftTop",
    "eyeLeftBottom", "eyeLeftInner", "eyebrowRightInner", "eyebrowRightOuter", "eyeRightInner", "eyeRightTop", "eyeRightBottom",
    "eyeRightOuter", "noseRootLeft", "noseRootRight", "noseLeftAlarTop", "noseRightAlarTop", "noseLeftAlarOutTip",
    "noseRightAlarOutTip", "upperLipTop", "upperLipBottom", "underLipTop", "underLipBottom",
)  # fmt: skip
# Its names are the viewer's sides: in the recorded answers `pupilLeft` lies left in the picture.
COMMON = {"pupilLeft": "right_eye", "pupilRight": "left_eye", "noseTip": "nose"}
CAPABILITY = Capability(
    options={"attributes": Support.NATIVE},
    fields=("faces.landmarks", "faces.pose", *(f"faces.attributes.{name}" for name in ATTRIBUTES)),
    price=PRICE,
    **LIMITS,
)


def landmark(kind: str) -> str:
    """Our name for a landmark."""
    return COMMON.get(kind) or other_side(re.sub(r"([A-Z])", r"_\1", kind).lower())


NATIVE = {landmark(kind): kind for kind in TYPES}


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`. The landmarks and the head's pose are free; an attribute of the oldest model makes it answer."""
    known = [name for name in call.attributes if name in ATTRIBUTES]
    model = call.model or ("detection_01" if OLD & set(known) else str(LIMITS["model"]))
    return request(call.image, model, [POSE, *(ATTRIBUTES[name][0] for name in known)], call.extra)


def request(
    image: Image, model: str, attributes: list[str], extra: Mapping[str, Any], *, keep: bool = False
) -> Request:
    """A question about faces; `keep` asks for ids by which Azure remembers them, for ten minutes."""
    asked = {
        "detectionModel": model, "recognitionModel": "recognition_04", "returnFaceId": str(keep).lower(),
        "returnFaceLandmarks": "true", "returnFaceAttributes": ",".join(attributes),
    }  # fmt: skip
    kept = {"faceIdTimeToLive": "600"} if keep else {}
    return Request(DETECT, {"image": image.data, **asked, **kept, **extra})


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. There are no scores; the largest face comes first."""
    size = call.image.width, call.image.height
    warnings = [_warning(name) for name in call.attributes if name not in ATTRIBUTES]
    return Faces(
        faces=tuple(_face(said, size, call.attributes) for said in _listed(response.body)), warnings=tuple(warnings)
    )


def _listed(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise TypeError("no list")
    return body


def _warning(name: str) -> Warning:
    if name in WITHDRAWN:
        return Warning(code="attribute_withdrawn", message=f"azure no longer infers {name} of a face.")
    return Warning(code="attribute_unknown", message=f"azure does not infer {name} of a face.")


def _face(said: Mapping[str, Any], size: tuple[int, int], attributes: tuple[str, ...]) -> Face:
    told = said.get("faceAttributes", {})
    pose = told.get(POSE)
    return Face(
        box=pixels.box(said["faceRectangle"], *size),
        score=None,
        landmarks={
            landmark(kind): Point.clamped(at["x"] / size[0], at["y"] / size[1])
            for kind, at in said.get("faceLandmarks", {}).items()
        },
        pose=Pose(roll=pose["roll"], yaw=pose["yaw"], pitch=pose["pitch"]) if pose else None,
        attributes={name: value for name in attributes if (value := _attribute(told, name))},
    )


def _attribute(told: Mapping[str, Any], name: str) -> Attribute | None:
    native, part = ATTRIBUTES.get(name, ("", None))
    if native not in told:
        return None
    value = told[native]
    match name:
        case "glasses":
            return Attribute(value=value.lower() != "noglasses")
        case "occluded":
            return Attribute(value=any(value.values()))
        case _:
            return Attribute(value=str(value[part] if part else value).lower())


def parse(request: Request) -> FacesCall:
    """See `visionhub.codec`."""
    body = request.body
    ours = {native: name for name, (native, _) in ATTRIBUTES.items()}
    asked = str(body.get("returnFaceAttributes", "")).split(",")
    names = tuple(ours[native] for native in asked if native in ours)
    model = body.get("detectionModel")
    usual = "detection_01" if OLD & set(names) else LIMITS["model"]
    return FacesCall(image=Image(body["image"]), attributes=names, model=None if model == usual else model)


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`. What another provider infers is left out, but for the pose."""
    size = call.image.width, call.image.height
    return Response([_said(face, size) for face in result.faces])


def _said(face: Face, size: tuple[int, int]) -> dict[str, Any]:
    landmarks = {
        NATIVE[name]: {"x": round(at.x * size[0], 1), "y": round(at.y * size[1], 1)}
        for name, at in face.landmarks.items()
        if name in NATIVE
    }
    said: dict[str, Any] = {"faceRectangle": pixels.rectangle(face.box, *size, RECTANGLE), "faceLandmarks": landmarks}
    if face.pose:
        pose = {"pitch": face.pose.pitch, "roll": face.pose.roll, "yaw": face.pose.yaw}
        said["faceAttributes"] = {POSE: pose}
    return said
