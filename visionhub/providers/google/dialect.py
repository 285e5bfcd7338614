"""Google's servers: `images:annotate` with several pictures and features, and `generateContent`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import (
    AuthError,
    BudgetError,
    ConfigError,
    DecodeError,
    InputError,
    PrivacyError,
    QuotaError,
    RateLimitError,
    RefusedError,
    TimeoutError,
    UnsupportedError,
    VisionError,
)
from visionhub.providers.google import landmarks
from visionhub.providers.google.annotate import LIMITS, OPERATION
from visionhub.providers.google.errors import CODES, NUMBERS
from visionhub.providers.google.likelihood import LEVELS
from visionhub.providers.google.lines import BREAKS
from visionhub.wire import Request, Response

ANNOTATE = re.compile(r"/v1/(projects/[^/]+/locations/[^/]+/)?images:annotate")
GENERATE = re.compile(
    r"/(v1beta|v1|v1beta1)/(projects/[^/]+/locations/[^/]+/publishers/google/)?(models/[^/:]+:generateContent)"
)
TASKS = {
    "LABEL_DETECTION": "classify", "OBJECT_LOCALIZATION": "detect", "DOCUMENT_TEXT_DETECTION": "ocr", "TEXT_DETECTION": "ocr",
    "FACE_DETECTION": "faces", "SAFE_SEARCH_DETECTION": "moderate",
}  # fmt: skip
# https://cloud.google.com/vision/docs/reference/rest/v1/Feature, by number where a client sends numbers.
TYPES = {
    1: "FACE_DETECTION", 4: "LABEL_DETECTION", 5: "TEXT_DETECTION", 11: "DOCUMENT_TEXT_DETECTION", 6: "SAFE_SEARCH_DETECTION",
    19: "OBJECT_LOCALIZATION",
}  # fmt: skip
STATUSES: Mapping[type[VisionError], tuple[str, int]] = {
    InputError: ("INVALID_ARGUMENT", 400), UnsupportedError: ("INVALID_ARGUMENT", 400), RefusedError: ("INVALID_ARGUMENT", 400),
    AuthError: ("UNAUTHENTICATED", 401), ConfigError: ("FAILED_PRECONDITION", 400), QuotaError: ("RESOURCE_EXHAUSTED", 429),
    RateLimitError: ("RESOURCE_EXHAUSTED", 429), BudgetError: ("RESOURCE_EXHAUSTED", 429), DecodeError: ("INTERNAL", 500),
    TimeoutError: ("DEADLINE_EXCEEDED", 504), PrivacyError: ("FAILED_PRECONDITION", 400),
}  # fmt: skip
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
BLOCKS = ("UNKNOWN", "TEXT", "TABLE", "PICTURE", "RULER", "BARCODE")


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    if incoming.method != "POST":
        return None
    if match := GENERATE.fullmatch(incoming.path):
        return [_generate(match[3], incoming.json())]
    if not ANNOTATE.fullmatch(incoming.path):
        return None
    asked = incoming.json()["requests"]
    if len(asked) > LIMITS["batch"]:
        raise InputError(f"Too many images per request: {len(asked)}, and at most {LIMITS['batch']} are taken.")
    return [question for one in asked for question in _asked(one)]


def _asked(one: dict[str, Any]) -> list[Question]:
    """A question for each feature of one picture."""
    image = {"content": picture(one["image"].get("content"))}
    found = []
    for feature in one["features"]:
        kind = TYPES.get(feature["type"], feature["type"])
        if kind not in TASKS:
            raise UnsupportedError(f"The feature {kind} is not offered here.")
        asked = {**one, "image": image, "features": [{**feature, "type": kind}]}
        found.append(Question(TASKS[kind], Request(OPERATION, {"requests": [asked]})))
    return found


def _generate(operation: str, body: dict[str, Any]) -> Question:
    for content in body["contents"]:
        for part in content["parts"]:
            if "inlineData" in part:
                part["inlineData"]["data"] = picture(part["inlineData"]["data"])
    wanted = body.get("generationConfig", {}).get("responseModalities", [])
    return Question("generate" if "IMAGE" in wanted else "caption", Request(operation, body))


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`. What was said of one picture is one answer, and so is what went wrong with it."""
    if GENERATE.fullmatch(incoming.path):
        answer = answers[0]
        return failure(incoming, answer) if isinstance(answer, VisionError) else Outgoing(answer.body)
    rest, said = list(answers), []
    for one in incoming.json()["requests"]:
        count = len(one["features"])
        said.append(_together(rest[:count]))
        rest = rest[count:]
    body: Any = {"responses": said}
    return Outgoing(_numbered(body) if "enum-encoding=int" in incoming.query.get("$alt", "") else body)


def _together(answers: Sequence[Answer]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for answer in answers:
        if isinstance(answer, Response):
            said |= answer.body["responses"][0]
        else:
            said["error"] = {"code": NUMBERS.index(_status(answer)[0]), "message": answer.message}
    return said


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`. A reason that is Google's own is handed on."""
    if isinstance(error, RefusedError) and GENERATE.fullmatch(incoming.path):
        return Outgoing({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    status, number = _status(error)
    said: dict[str, Any] = {"code": number, "message": error.message, "status": status}
    if error.code and error.code not in NUMBERS and CODES.get(error.code) is type(error):
        said["details"] = [{"@type": ERROR_INFO, "reason": error.code, "domain": "googleapis.com"}]
    return Outgoing({"error": said}, number)


def _status(error: VisionError) -> tuple[str, int]:
    return STATUSES.get(type(error), ("UNAVAILABLE", 503))


def _numbered(value: Any, name: str = "") -> Any:
    """Names of steps and breaks as their numbers, which Google's own client asks for."""
    if isinstance(value, dict):
        return {key: _numbered(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_numbered(part, name) for part in value]
    if isinstance(value, str):
        if name == "blockType":
            return BLOCKS.index(value)
        if name == "type":
            return (BREAKS if value in BREAKS else landmarks.TYPES).index(value)
        if (
            name.endswith("Likelihood") or name in ("adult", "racy", "violence", "medical", "spoof")
        ) and value in LEVELS:
            return LEVELS.index(value)
    return value
