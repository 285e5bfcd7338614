"""The servers of Rekognition and Textract (by the X-Amz-Target header) and of Bedrock (by the path)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import (
    AuthError,
    ConfigError,
    InputError,
    PrivacyError,
    QuotaError,
    RateLimitError,
    RefusedError,
    UnsupportedError,
    VisionError,
)
from visionhub.providers.aws import labels
from visionhub.providers.aws.errors import CODES
from visionhub.wire import Request, Response

# DetectLabels answers two questions.
TARGETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "RekognitionService.DetectLabels": (labels.OPERATION, ("classify", "detect")),
    "RekognitionService.DetectText": ("rekognition.detect_text", ("ocr",)),
    "RekognitionService.DetectFaces": ("rekognition.detect_faces", ("faces",)),
    "RekognitionService.CompareFaces": ("rekognition.compare_faces", ("compare",)),
    "RekognitionService.DetectModerationLabels": ("rekognition.detect_moderation_labels", ("moderate",)),
    "Textract.DetectDocumentText": ("textract.detect_document_text", ("ocr",)),
}
PICTURES = ("Image", "SourceImage", "TargetImage", "Document")
BEDROCK = re.compile(r"/model/([^/]+)/(converse|invoke)")
ERRORS: Mapping[type[VisionError], tuple[str, int]] = {
    InputError: ("InvalidImageFormatException", 400), UnsupportedError: ("InvalidParameterException", 400),
    RefusedError: ("ValidationException", 400), AuthError: ("AccessDeniedException", 400),
    QuotaError: ("LimitExceededException", 400), RateLimitError: ("ThrottlingException", 400),
    ConfigError: ("ResourceNotFoundException", 400), PrivacyError: ("AccessDeniedException", 400),
}  # fmt: skip
FILTERED = {"seeds": [], "finish_reasons": ["Filter reason: prompt"], "images": []}


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    if incoming.method != "POST":
        return None
    if match := BEDROCK.fullmatch(incoming.path):
        return [_bedrock(unquote(match[1]), match[2], incoming.json())]
    target = incoming.headers.get("x-amz-target", "")
    if target not in TARGETS:
        return None
    operation, tasks = TARGETS[target]
    body = incoming.json()
    for name in PICTURES:
        if name in body:
            body[name] = {"Bytes": picture(body[name].get("Bytes"))}
    return [Question(task, Request(operation, body)) for task in tasks]


def _bedrock(model: str, verb: str, body: dict[str, Any]) -> Question:
    if verb == "invoke":
        return Question("generate", Request("bedrock-runtime.invoke_model", {"modelId": model, **body}))
    for message in body["messages"]:
        for part in message["content"]:
            if "image" in part:
                part["image"]["source"] = {"bytes": picture(part["image"]["source"].get("bytes"))}
    return Question("caption", Request("bedrock-runtime.converse", {"modelId": model, **body}))


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`. Labels and instances are one list; one of both is better than none."""
    good = [answer for answer in answers if isinstance(answer, Response)]
    if not good:
        error = next(answer for answer in answers if isinstance(answer, VisionError))
        return failure(incoming, error)
    if incoming.headers.get("x-amz-target") != "RekognitionService.DetectLabels":
        return _answer(incoming, good[0].body)
    most = incoming.json().get("MaxLabels")
    return _answer(incoming, {**good[0].body, "Labels": _merged(good)[:most]})


def _merged(answers: Sequence[Response]) -> list[dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for answer in answers:
        for label in answer.body["Labels"]:
            known = merged.setdefault(label["Name"], {**label, "Instances": []})
            known["Instances"] += label["Instances"]
            known["Confidence"] = max(known["Confidence"], label["Confidence"])
    return sorted(merged.values(), key=lambda label: label["Confidence"], reverse=True)


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`. A code that is AWS's own is handed on."""
    if isinstance(error, RefusedError) and incoming.path.endswith("/invoke"):
        return _answer(incoming, FILTERED)
    code, status = ERRORS.get(type(error), ("InternalServerError", 500))
    if error.code and CODES.get(error.code) is type(error):
        code = error.code
    said = _answer(incoming, {"__type": code, "Message": error.message, "message": error.message})
    return Outgoing(said.body, status, {**said.headers, "x-amzn-ErrorType": code})


def _answer(incoming: Incoming, body: Any) -> Outgoing:
    is_bedrock = BEDROCK.fullmatch(incoming.path)
    kind = "application/json" if is_bedrock else "application/x-amz-json-1.1"
    request_id = incoming.headers.get("amz-sdk-invocation-id", "visionhub")
    return Outgoing(body, headers={"content-type": kind, "x-amzn-requestid": request_id})
