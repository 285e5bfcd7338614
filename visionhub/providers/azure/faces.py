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
# What each model tells: https://learn.microsoft.com/rest/api/face/face-detection-operations/detect
NEWEST, OLDEST, BARE = "detection_03", "detection_01", "detection_02"
TOLD: Mapping[str, frozenset[str]] = {
    NEWEST: frozenset({"mask", "blurred", "quality"}), OLDEST: frozenset(ATTRIBUTES) - {"mask"}, BARE: frozenset(),
}  # fmt: skip
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


def _usual(attributes: tuple[str, ...]) -> str:
    """The model that is asked where the call names none: the newest, unless only the oldest tells an attribute."""
    return NEWEST if set(attributes) & ATTRIBUTES.keys() <= TOLD[NEWEST] else OLDEST


def _model(call: FacesCall) -> str:
    return call.model or _usual(call.attributes)


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`. The landmarks and the head's pose are free. A model that the call names is asked for all; it may refuse."""
    model = _model(call)
    known = [name for name in call.attributes if name in ATTRIBUTES and (call.model or name in TOLD[model])]
    pose = [] if model == BARE else [POSE]
    return request(call.image, model, [*pose, *(ATTRIBUTES[name][0] for name in known)], call.extra)


def request(
    image: Image, model: str, attributes: list[str], extra: Mapping[str, Any], *, is_kept: bool = False
) -> Request:
    """A question about faces; those to be kept get ids by which Azure remembers them for ten minutes, and no landmarks."""
    landmarks = not is_kept and model != BARE
    asked = {
        "detectionModel": model, "recognitionModel": "recognition_04", "returnFaceId": str(is_kept).lower(),
        "returnFaceLandmarks": str(landmarks).lower(), "returnFaceAttributes": ",".join(attributes),
    }  # fmt: skip
    kept = {"faceIdTimeToLive": "600"} if is_kept else {}
    return Request(DETECT, {"image": image.data, **asked, **kept, **extra})


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. There are no scores; the largest face comes first."""
    size = call.image.width, call.image.height
    faces = tuple(_face(said, size, call.attributes) for said in listed(response))
    told = {name for face in faces for name in face.attributes} | TOLD.get(_model(call), TOLD[NEWEST])
    missing = [name for name in call.attributes if name not in ATTRIBUTES or (faces and name not in told)]
    return Faces(faces=faces, warnings=tuple(map(_warning, missing)))


def listed(response: Response) -> list[Any]:
    """The faces of an answer; none is an answer too. Raises `TypeError`."""
    if not isinstance(response.body, list):
        raise TypeError("no list")
    return response.body


def _warning(name: str) -> Warning:
    if name in WITHDRAWN:
        return Warning(code="attribute_withdrawn", message=f"azure no longer infers {name} of a face.")
    if name in ATTRIBUTES:
        others = " or ".join(model for model, told in TOLD.items() if name in told)
        words = f"azure infers {name} by {others} alone: ask for it separately."
        return Warning(code="attribute_unknown", message=words)
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
            return Attribute(value=str(value).lower() != "noglasses")
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
    return FacesCall(image=Image(body["image"]), attributes=names, model=None if model == _usual(names) else model)


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`. What Azure has no word for is left out."""
    size = call.image.width, call.image.height
    return Response([_said(face, size) for face in result.faces])


def _said(face: Face, size: tuple[int, int]) -> dict[str, Any]:
    landmarks = {
        NATIVE[name]: {"x": round(at.x * size[0], 1), "y": round(at.y * size[1], 1)}
        for name, at in face.landmarks.items()
        if name in NATIVE
    }
    said: dict[str, Any] = {"faceRectangle": pixels.rectangle(face.box, *size, RECTANGLE), "faceLandmarks": landmarks}
    told: dict[str, Any] = dict(filter(None, (_native(*known) for known in face.attributes.items())))
    if face.pose:
        told[POSE] = {"pitch": face.pose.pitch, "roll": face.pose.roll, "yaw": face.pose.yaw}
    return {**said, "faceAttributes": told} if told else said


def _native(name: str, attribute: Attribute) -> tuple[str, Any] | None:
    """An attribute in Azure's terms: of glasses the usual ones; which part of a face is hidden is not known here."""
    native, part = ATTRIBUTES.get(name, ("", None))
    match name, attribute.value:
        case "glasses", bool(worn):
            return native, "ReadingGlasses" if worn else "NoGlasses"
        case (("mask" | "blurred" | "exposure" | "noise" | "quality"), str(word)):
            return native, {part: word} if part else word
        case _:
            return None
