"""Clarifai's server, PostModelOutputs: several inputs a request, each with its own status. The model's name decides the task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from visionhub.dialect import Answer, Incoming, Outgoing, Question, picture
from visionhub.errors import (
    AuthError,
    ConfigError,
    InputError,
    PrivacyError,
    QuotaError,
    RateLimitError,
    TimeoutError,
    TransportError,
    UnsupportedError,
    VisionError,
)
from visionhub.kit.faults import status_of
from visionhub.providers.clarifai.errors import FAILURE, MIXED, SUCCESS
from visionhub.providers.clarifai.names import Model
from visionhub.wire import Request

# Clarifai's own models, by the names of today and of before 2022.
TASKS: Mapping[str, str] = {
    "general-image-recognition": "classify", "aaa03c23b3724a16a56b629203edc62c": "classify",
    "general-image-detection": "detect", "c443119bf2ed4da98487520d01a0b1e3": "detect",
    "ocr-scene-english-paddleocr": "ocr",
    "face-detection": "faces", "a403429f2ddf4b49b307e318f00e528b": "faces", "d02b4508df58432fbb84e800597b8959": "faces",
    "c0c0ac362b03416da06ab3fa36fb58e3": "faces",
    "moderation-recognition": "moderate", "nsfw-recognition": "moderate", "d16f390eb32cad478c7ae150069bd2c6": "moderate",
    "e9576d86d2004ed1a38ba0cf39ecb4b1": "moderate",
}  # fmt: skip
# The first word that is in the name of any other model.
WORDS: Mapping[str, str] = {
    "face": "faces", "moderation": "moderate", "nsfw": "moderate", "ocr": "ocr", "caption": "caption", "blip": "caption",
    "detect": "detect", "logo": "detect", "yolo": "detect",
}  # fmt: skip
CODES: Mapping[type[VisionError], int] = {
    InputError: 30104, UnsupportedError: 10040, AuthError: 11009, QuotaError: 11006, RateLimitError: 11005, ConfigError: 21200,
    TransportError: 40031, TimeoutError: 40032, PrivacyError: 10040,
}  # fmt: skip
REQUEST_ID = "x-clarifai-request-id-prefix"


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    path = incoming.path.removeprefix("/v2/")
    if incoming.method != "POST" or path == incoming.path or Model.asked(path) is None:
        return None
    body = incoming.json()
    whose = body.get("user_app_id", {})
    model = Model.asked(path, whose.get("user_id"), whose.get("app_id"))
    assert model
    if not body.get("inputs"):
        raise InputError("The request holds no inputs.")
    rest = {name: value for name, value in body.items() if name != "inputs"}
    return [_question(model, asked["data"], rest) for asked in body["inputs"]]


def _question(model: Model, data: dict[str, Any], rest: Mapping[str, Any]) -> Question:
    image = data.get("image")
    if image and "base64" in image:
        try:
            data = {**data, "image": {"base64": picture(image["base64"])}}
        except InputError:
            # It stays as it is, and is refused when it is parsed: other inputs may be sound.
            data = {**data, "image": {}}
    return Question(_task(model.id, data), Request(model.operation, {**rest, "inputs": [{"data": data}]}))


def _task(model: str, data: Mapping[str, Any]) -> str:
    """By the model's name if it is known, then by what goes in, then by words in the name; else it knows concepts."""
    if model in TASKS:
        return TASKS[model]
    if "text" in data:
        return "caption" if "image" in data else "generate"
    return next((task for word, task in WORDS.items() if re.search(word, model, re.IGNORECASE)), "classify")


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`."""
    good = sum(not isinstance(answer, VisionError) for answer in answers)
    code, words, http = (SUCCESS, "Ok", 200) if good == len(answers) else (MIXED, "Mixed Success", 207)
    if not good:
        code, words, http = FAILURE, "Failure", 400
    outputs = [_output(answer, str(number)) for number, answer in enumerate(answers)]
    status = {"code": code, "description": words, "req_id": incoming.headers.get(REQUEST_ID, "visionhub")}
    return Outgoing({"status": status, "outputs": outputs}, http)


def _output(answer: Answer, number: str) -> dict[str, Any]:
    if isinstance(answer, VisionError):
        return {"id": number, "status": _status(answer), "data": {}}
    (output,) = answer.body["outputs"]
    return {**output, "id": number}


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`."""
    status = {**_status(error), "req_id": incoming.headers.get(REQUEST_ID, "visionhub")}
    return Outgoing({"status": status, "outputs": []}, status_of(error))


def _status(error: VisionError) -> dict[str, Any]:
    refused = CODES[InputError] if status_of(error) == 400 else 98004
    return {"code": CODES.get(type(error), refused), "description": error.message}
