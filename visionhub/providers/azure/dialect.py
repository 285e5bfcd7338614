"""Azure's servers: Image Analysis with several features, Face, Content Safety, Azure OpenAI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import (
    AuthError,
    BudgetError,
    InputError,
    PrivacyError,
    QuotaError,
    RateLimitError,
    RefusedError,
    UnsupportedError,
    VisionError,
)
from visionhub.kit import openai
from visionhub.kit.faults import status_of
from visionhub.providers.azure import analysis, caption, compare, faceids, faces, generate, moderate
from visionhub.providers.azure.errors import CODES
from visionhub.wire import Request

ANALYZE = "/computervision/imageanalysis:analyze"
FACE = re.compile(r"/face/v1\.[^/]+/(detect|verify)")
SAFETY = "/contentsafety/image:analyze"
OPENAI = re.compile(
    r"/openai/(?:v1/|deployments/(?P<name>[^/]+)/)?(?P<verb>responses|images/generations|chat/completions)"
)
CHAT = "chat/completions"
TASKS = {
    "tags": "classify", "objects": "detect", "people": "detect", "read": "ocr", "caption": "caption", "denseCaptions": "caption",
}  # fmt: skip
# The HTTP status, the code, and the code within it that says more.
SAID: Mapping[type[VisionError], tuple[int, str, str | None]] = {
    InputError: (400, "InvalidRequest", None), UnsupportedError: (400, "InvalidRequest", "NotSupportedFeature"),
    RefusedError: (400, "content_policy_violation", None), AuthError: (401, "401", None), QuotaError: (403, "QuotaExceeded", None),
    PrivacyError: (400, "InvalidRequest", None), BudgetError: (403, "QuotaExceeded", None), RateLimitError: (429, "429", None),
}  # fmt: skip
STATUSES = {"FaceNotFound": 404}


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
        return [Question("moderate", Request(moderate.OPERATION, {**body, "image": {"content": _content(body)}}))]
    if match := OPENAI.fullmatch(incoming.path):
        return [_openai(match, incoming.json())]
    return None


def _sent(incoming: Incoming) -> bytes:
    if incoming.headers.get("content-type", "").startswith("application/json"):
        raise InputError("Addresses of pictures are not fetched here.", hint="Send the picture itself.")
    return incoming.content


def _content(body: Mapping[str, Any]) -> bytes:
    if "blobUrl" in body["image"]:
        raise InputError("Addresses of pictures are not fetched here.", hint="Send the picture itself.")
    return picture(body["image"].get("content"))


def _analysis(incoming: Incoming) -> list[Question]:
    """A question a feature; captions of the whole and of its parts are one."""
    wanted = list(dict.fromkeys(filter(None, incoming.query.get("features", "").split(","))))
    if not wanted:
        raise InputError("The request names no features.")
    if unknown := sorted(set(wanted) - TASKS.keys()):
        raise UnsupportedError(f"There is no {' and no '.join(unknown)} here.", code="NotSupportedVisualFeature")
    if (language := incoming.query.get("language", "en")) not in ("", "en"):
        raise UnsupportedError(f"Answers in {language} are not given here.", code="NotSupportedLanguage")
    image, found = _sent(incoming), {}
    for feature in wanted:
        is_caption = TASKS[feature] == "caption"
        asked = [caption.FEATURE, *({caption.DENSE} & set(wanted))] if is_caption else [feature]
        request = Request(analysis.OPERATION, {"image": image, "features": asked})
        found[asked[0]] = Question(TASKS[feature], request)
    return list(found.values())


def _detect(incoming: Incoming) -> Question:
    return Question("faces", Request(faces.DETECT, {"image": _sent(incoming), **incoming.query}))


def _verify(body: Mapping[str, Any]) -> Question:
    pictures = {"image": faceids.recall(body["faceId1"]), "other": faceids.recall(body["faceId2"])}
    return Question("compare", Request(compare.VERIFY, pictures))


def _openai(match: re.Match[str], body: dict[str, Any]) -> Question:
    """The deployment stands in the path or, as `model`, in the body."""
    body = {**body, "model": match["name"] or body.get("model")}
    if match["verb"] == "images/generations":
        if body.get("stream"):
            raise UnsupportedError("The pictures cannot be streamed.", hint="Ask without stream=True.")
        return Question("generate", Request(generate.OPERATION, body))
    asked = openai.from_chat(body) if match["verb"] == CHAT else body
    return Question("caption", Request(caption.RESPONSES, openai.taken(asked)))


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`. All features are one answer; if one fails, all do, as with Azure."""
    body: Any = {}
    for answer in answers:
        if isinstance(answer, VisionError):
            return failure(incoming, answer)
        body = {**body, **answer.body} if isinstance(answer.body, dict) else answer.body
    if incoming.path == ANALYZE:
        wanted = incoming.query["features"].split(",")
        body = {name: said for name, said in body.items() if name != "captionResult" or caption.FEATURE in wanted}
    if incoming.path.endswith("/detect"):
        body = _asked_for(incoming, body)
    if incoming.path.endswith(CHAT):
        body = openai.to_chat(body)
    return Outgoing(body, headers={"apim-request-id": "visionhub"})


def _asked_for(incoming: Incoming, body: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Faces with what the query asks for of them: ids if it says nothing, landmarks and attributes only if it does."""
    query = incoming.query
    rectangles = [said["faceRectangle"] for said in body]
    kept = query.get("returnFaceId", "true").lower() == "true"
    names = faceids.remember(incoming.content, rectangles) if kept and body else [None] * len(body)
    attributes = query.get("returnFaceAttributes", "").split(",")
    found = []
    for name, rectangle, said in zip(names, rectangles, body, strict=True):
        told = {native: value for native, value in said.get("faceAttributes", {}).items() if native in attributes}
        landmarks = said.get("faceLandmarks") if query.get("returnFaceLandmarks", "").lower() == "true" else None
        parts = {"faceId": name, "faceRectangle": rectangle, "faceLandmarks": landmarks, "faceAttributes": told or None}
        found.append({part: value for part, value in parts.items() if value is not None})
    return found


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`. A code that is Azure's own is handed on."""
    del incoming
    status, code, inner = SAID.get(type(error), (status_of(error), "InternalServerError", None))
    if error.code and CODES.get(error.code) is type(error):
        code, inner = (code, error.code) if inner else (error.code, None)
    said: dict[str, Any] = {"code": code, "message": error.message}
    if inner:
        said["innererror"] = {"code": inner, "message": error.message}
    wait = {} if error.retry_after is None else {"retry-after": f"{error.retry_after:g}"}
    head = {"apim-request-id": "visionhub", "x-ms-error-code": code, **wait}
    return Outgoing({"error": said}, STATUSES.get(code, status), head)
