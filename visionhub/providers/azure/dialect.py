"""Azure's servers: Image Analysis with several features, Face, Content Safety, Azure OpenAI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import InputError, RefusedError, UnsupportedError, VisionError
from visionhub.kit import openai
from visionhub.kit.faults import status_of
from visionhub.providers.azure import analysis, compare, faceids, faces
from visionhub.wire import Request, Response

ANALYZE = "/computervision/imageanalysis:analyze"
FACE = re.compile(r"/face/v1\.[^/]+/(detect|verify)")
SAFETY = "/contentsafety/image:analyze"
OPENAI = re.compile(
    r"/openai/(?:v1|deployments/(?P<name>[^/]+))/(?P<verb>responses|images/generations|chat/completions)"
)
CHAT = "chat/completions"
TASKS = {"tags": "classify", "objects": "detect", "people": "detect", "read": "ocr", "caption": "caption"}
CODES: Mapping[type[VisionError], str] = {
    InputError: "InvalidRequest", UnsupportedError: "NotSupportedFeature", RefusedError: "content_policy_violation",
}  # fmt: skip


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    if incoming.method != "POST":
        return None
    if incoming.path == ANALYZE:
        return _analysis(incoming)
    if match := FACE.fullmatch(incoming.path):
        return [_verify(incoming.json()) if match[1] == "verify" else _detect(incoming)]
    if incoming.path == SAFETY:
        body = incoming.json()
        body["image"] = {"content": picture(body["image"].get("content"))}
        return [Question("moderate", Request("contentsafety/image:analyze", body))]
    if match := OPENAI.fullmatch(incoming.path):
        return [_openai(match, incoming.json())]
    return None


def _sent(incoming: Incoming) -> bytes:
    if incoming.headers.get("content-type", "").startswith("application/json"):
        raise InputError("Addresses of pictures are not fetched here.", hint="Send the picture itself.")
    return incoming.content


def _analysis(incoming: Incoming) -> list[Question]:
    wanted = incoming.query.get("features", "").split(",")
    image = _sent(incoming)
    found = []
    for feature in wanted:
        if feature == "denseCaptions" and "caption" in wanted:
            continue
        if feature not in {*TASKS, "denseCaptions"}:
            raise UnsupportedError(f"The feature {feature} is not offered here.")
        asked = (
            ["caption", "denseCaptions"]
            if "denseCaptions" in wanted and feature in ("caption", "denseCaptions")
            else [feature]
        )
        found.append(
            Question(TASKS.get(feature, "caption"), Request(analysis.OPERATION, {"image": image, "features": asked}))
        )
    return found


def _detect(incoming: Incoming) -> Question:
    return Question("faces", Request(faces.DETECT, {"image": _sent(incoming), **incoming.query}))


def _verify(body: Mapping[str, Any]) -> Question:
    pictures = {"image": faceids.recall(body["faceId1"]), "other": faceids.recall(body["faceId2"])}
    return Question("compare", Request(compare.VERIFY, pictures))


def _openai(match: re.Match[str], body: dict[str, Any]) -> Question:
    body = {"model": match["name"], **body} if match["name"] else body
    if match["verb"] == "images/generations":
        return Question("generate", Request("openai/v1/images/generations", body))
    asked = openai.from_chat(body) if match["verb"] == CHAT else body
    return Question("caption", Request("openai/v1/responses", openai.taken(asked)))


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`. All features are one answer; if one fails, all do, as with Azure."""
    body: Any = {}
    for answer in answers:
        if isinstance(answer, VisionError):
            return failure(incoming, answer)
        body = {**body, **answer.body} if isinstance(answer.body, dict) else answer.body
    if incoming.path.endswith("/detect") and incoming.query.get("returnFaceId") == "true":
        body = [{"faceId": faceids.remember(incoming.content, number), **said} for number, said in enumerate(body)]
    if incoming.path.endswith(CHAT):
        body = openai.to_chat(body)
    return _told(Response(body), 200)


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`."""
    del incoming
    code = error.code if error.code == "FaceNotFound" else CODES.get(type(error), type(error).__name__)
    status = 404 if code == "FaceNotFound" else status_of(error)
    return _told(Response({"error": {"code": code, "message": error.message}}), status, {"x-ms-error-code": str(code)})


def _told(response: Response, status: int, headers: Mapping[str, str] | None = None) -> Outgoing:
    return Outgoing(response.body, status, {"apim-request-id": "visionhub", **(headers or {})})
