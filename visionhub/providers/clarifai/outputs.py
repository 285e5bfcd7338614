"""What all of Clarifai's models are asked and answer alike: `inputs` with `data`, `outputs` with `data`.

Answers are proto3 JSON: what is zero or empty may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from visionhub.capability import Support
from visionhub.errors import InputError
from visionhub.geometry import clamp
from visionhub.image import Image
from visionhub.providers.clarifai.errors import FAILURE, MIXED, SUCCESS, failed
from visionhub.providers.clarifai.names import Model
from visionhub.tasks import Warning
from visionhub.wire import Request, Response

BATCH = 128
"""Inputs in one request, at most."""
PICTURES: Mapping[str, Any] = {
    "media_types": ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/webp", "image/gif"),
    "max_bytes": 20_000_000,
    "max_pixels": 85_000_000,
}
"""https://docs.clarifai.com/api-guide/predict/images"""
FILTER: Mapping[str, Support] = {"min_score": Support.NATIVE}
CONFIG = {"min_score": "min_value", "max_results": "max_concepts"}
MOST_CONCEPTS = 200


def request(
    model: str,
    data: Mapping[str, Any],
    *,
    config: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
) -> Request:
    """A question to a model. `config` chooses among its concepts, `params` are those of a model that writes or paints."""
    asked = Model.named(model)
    body: dict[str, Any] = {"user_app_id": {"user_id": asked.user, "app_id": asked.app}, "inputs": [{"data": data}]}
    if config:
        body["model"] = {"output_info": {"output_config": dict(config)}}
    if params:
        body["model"] = {"model_version": {"output_info": {"params": dict(params)}}}
    return Request(asked.operation, body)


def about(image: Image) -> dict[str, Any]:
    """A picture, as input."""
    return {"image": {"base64": image.data}}


def config(options: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A call's options in Clarifai's `output_config`; those that are left out are not asked for."""
    made: dict[str, Any] = {CONFIG[name]: options[name] for name in CONFIG if name in options}
    if "max_concepts" in made:
        made["max_concepts"] = min(made["max_concepts"], MOST_CONCEPTS)
    if "labels" in options:
        made["select_concepts"] = [{"name": name} for name in options["labels"]]
    return {**made, **extra}


def configured(request: Request, *known: str) -> dict[str, Any]:
    """The options of a call that `config` made: those that are `known`, and the rest as `extra`."""
    said = dict(request.body.get("model", {}).get("output_info", {}).get("output_config", {}))
    options = {name: said.pop(CONFIG[name]) for name in known if CONFIG.get(name) in said}
    chosen = said.get("select_concepts", ())
    if "labels" in known and chosen and all(concept.get("name") for concept in chosen):
        options["labels"] = tuple(concept["name"] for concept in said.pop("select_concepts"))
    return {**options, "extra": said}


def parameters(request: Request) -> dict[str, Any]:
    """The `params` of a request."""
    return dict(request.body.get("model", {}).get("model_version", {}).get("output_info", {}).get("params", {}))


def model(request: Request, usual: str | None) -> str | None:
    """The name of the model that is asked; None if it is the usual one."""
    asked = Model.asked(request.operation)
    assert asked
    return None if asked.name == usual else asked.name


def data(request: Request) -> Mapping[str, Any]:
    """The request's one input."""
    (asked,) = request.body["inputs"]
    said: Mapping[str, Any] = asked["data"]
    return said


def picture(request: Request) -> Image:
    """The picture in a request. Raises `InputError` for one that is not in it."""
    content = data(request).get("image", {}).get("base64")
    if not isinstance(content, bytes):
        raise InputError(
            "The input holds no picture.", hint="Send the picture itself, as base64: addresses are not fetched here."
        )
    return Image(content)


@dataclass(frozen=True, slots=True)
class Output:
    """The answer about one input. `common` are fields of every result: which model answered, and what else is to be known."""

    data: Mapping[str, Any]
    said: Mapping[str, Any]
    common: Mapping[str, Any]


def answered(response: Response) -> Output:
    """The answer about the first input. Raises its error, or that of the whole request, whatever the HTTP status was."""
    status = response.body["status"]
    outputs = response.body.get("outputs") or ()
    request_id = status.get("req_id") or response.request_id
    if status.get("code") not in (SUCCESS, MIXED, FAILURE) or not outputs:
        raise failed(status, http=response.status, headers=response.headers, request_id=request_id)
    said = outputs[0]
    own = said.get("status", status)
    warnings: tuple[Warning, ...] = ()
    if own.get("code") == MIXED:
        warnings = (Warning(code="answer_partial", message=f"clarifai said: {own.get('description')}."),)
    elif own.get("code") != SUCCESS:
        raise failed(own, http=response.status, headers=response.headers, request_id=request_id)
    common = {"model": _version(said.get("model", {})), "request_id": request_id, "warnings": warnings}
    return Output(said.get("data") or {}, said, common)


def _version(said: Mapping[str, Any]) -> str | None:
    if "id" not in said:
        return None
    version = said.get("model_version", {}).get("id")
    user, app = said.get("user_id") or "clarifai", said.get("app_id") or "main"
    return Model(user, app, said["id"], version).name


def value(concept: Mapping[str, Any]) -> float:
    """How sure Clarifai is of a concept, 0..1."""
    return clamp(concept.get("value", 0.0))


def concept(name: str, score: float, identity: str | None = None) -> dict[str, Any]:
    """A concept. Its value is said even if it is zero: clarifai-grpc reads a missing one as 1."""
    return {"id": identity or name, "name": name, "value": score, "app_id": "main"}


def answer(data: Mapping[str, Any], asked: str | None, usual: str | None) -> Response:
    """An answer about one input, by the model that was `asked`, or by the `usual` one."""
    made = Model.named(asked or str(usual))
    model: dict[str, Any] = {"id": made.id, "name": made.id, "app_id": made.app, "user_id": made.user}
    if made.version:
        model["model_version"] = {"id": made.version}
    status = {"code": SUCCESS, "description": "Ok"}
    return Response({"status": status, "outputs": [{"id": "output", "status": status, "model": model, "data": data}]})
