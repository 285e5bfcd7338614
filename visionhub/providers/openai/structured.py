"""Questions that a language model answers in JSON of a given shape, strictly kept to and checked here once more.

Places are boxes `[x0, y0, x1, y1]`: thousandths of the picture's width and height, whole numbers, from its top left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter

from visionhub.errors import DecodeError
from visionhub.geometry import Box
from visionhub.kit import openai
from visionhub.providers.openai.errors import CODES, refused
from visionhub.providers.openai.models import PRICES, RESPONSES, SEEING, shut
from visionhub.tasks import Call, Warning
from visionhub.wire import Request, Response

THOUSAND = 1000
NAMED = "visionhub_"
PLACES = (
    " Give each box as [x0, y0, x1, y1]: whole numbers from 0 to 1000, in thousandths of the picture's width and height,"
    " from its top left corner; x0 < x1, y0 < y1."
)
ONLY = " Leave out whatever none of the allowed names fits."
GUESSED = Warning(
    code="geometry_from_language_model", message="openai's boxes are a language model's guess: they may be far off."
)

Side = Annotated[int, Field(ge=0, le=THOUSAND)]


class Found(BaseModel):
    """One thing of an answer: its name, or its text, and its box where one was asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(validation_alias=AliasChoices("name", "text"))
    box: Annotated[list[Side], Field(min_length=4, max_length=4)] | None = None


ANSWER: TypeAdapter[list[Found]] = TypeAdapter(list[Found])


def request(call: Call[Any], picture: bytes, prompt: str, *, places: bool, field: str = "name") -> Request:
    """The question of that prompt; an answer's names are restricted to the call's `labels`, if it has any."""
    name: dict[str, Any] = {"type": "string"}
    if labels := getattr(call, "labels", None):
        name["enum"] = list(labels)
    side = {"type": "integer", "minimum": 0, "maximum": THOUSAND}
    sides = {"type": "array", "items": side, "minItems": 4, "maxItems": 4}
    fields = {field: name, **({"box": sides} if places else {})}
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    items = {"type": "array", "items": item}
    schema = {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}
    shape = {"format": {"type": "json_schema", "name": f"{NAMED}{call.task}", "strict": True, "schema": schema}}
    words = prompt + (ONLY if labels else "") + (PLACES if places else "")
    model = call.model or SEEING["model"]
    return Request(RESPONSES, openai.question(model, picture, words, call.extra, text=shape))


def labels(request: Request) -> tuple[str, ...] | None:
    """The names to which an answer is restricted."""
    schema = request.body["text"]["format"]["schema"]
    allowed = schema["properties"]["items"]["items"]["properties"]["name"].get("enum")
    return tuple(allowed) if allowed else None


def answered(response: Response, *, places: bool) -> list[tuple[str, Box | None]]:
    """Names and boxes, in order. Raises `DecodeError`, or `ValueError` for JSON of another shape."""
    text = openai.text_of(response, refused, CODES)
    if ended := openai.cut(response):
        hint = "Allow it more tokens: extra={'max_output_tokens': …}."
        raise DecodeError(ended[0].message, hint=hint, request_id=response.request_id)
    found = ANSWER.validate_python(openai.loaded(text, response.request_id)["items"])
    return [(one.name, _box(one.box) if places else None) for one in found]


def about(response: Response, call: Call[Any], *warnings: Warning) -> dict[str, Any]:
    """What every result tells: the model, its tokens, and what there is to warn of."""
    model = response.body.get("model") or call.model or SEEING["model"]
    return {"model": model, "usage": openai.usage(response, PRICES, model), "warnings": (*warnings, *shut(model))}


def _box(sides: Sequence[int] | None) -> Box:
    if sides is None or sides[0] > sides[2] or sides[1] > sides[3]:
        raise ValueError("no box")
    x0, y0, x1, y1 = (side / THOUSAND for side in sides)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def answer(items: Sequence[tuple[str, Box | None]], call: Call[Any], field: str = "name") -> Response:
    """The answer that tells these names and boxes."""
    said: list[Mapping[str, Any]] = [
        {field: name, **({"box": [round(side) for side in box.pixels(THOUSAND, THOUSAND)]} if box else {})}
        for name, box in items
    ]
    return openai.answer(openai.written({"items": said}), call.model or SEEING["model"])
