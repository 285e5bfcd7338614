"""Questions that a language model answers in JSON of a given shape, strictly kept to and checked here once more.

Places are boxes `[x0, y0, x1, y1]`: thousandths of the picture's width and height, whole numbers, from its top left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from visionhub.geometry import Box
from visionhub.protocols import openai
from visionhub.providers.openai.errors import refused
from visionhub.providers.openai.models import PRICES, RESPONSES
from visionhub.tasks import Call, Usage, Warning
from visionhub.wire import Request, Response

THOUSAND = 1000
PLACES = (
    " Give each box as [x0, y0, x1, y1]: whole numbers from 0 to 1000, in thousandths of the picture's width and height,"
    " from its top left corner; x0 < x1, y0 < y1."
)
GUESSED = Warning(
    code="geometry_from_language_model", message="openai's boxes are a language model's guess: they may be far off."
)

Side = Annotated[int, Field(ge=0, le=THOUSAND)]


class Found(BaseModel):
    """One thing of an answer: its name or text, and its box where one was asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    box: Annotated[list[Side], Field(min_length=4, max_length=4)] | None = None


def request(call: Call[Any], picture: bytes, model: str, prompt: str, *, places: bool) -> Request:
    """The question of that prompt; an answer's names are restricted to the call's `labels`, if it has any."""
    name: dict[str, Any] = {"type": "string"}
    if labels := getattr(call, "labels", None):
        name["enum"] = list(labels)
    side = {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4}
    fields = {"name": name, **({"box": side} if places else {})}
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    items = {"type": "array", "items": item}
    schema = {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}
    shape = {"format": {"type": "json_schema", "name": f"visionhub_{call.task}", "strict": True, "schema": schema}}
    text = prompt + PLACES if places else prompt
    return Request(RESPONSES, openai.question(model, picture, text, call.extra, text=shape))


def labels(request: Request) -> tuple[str, ...] | None:
    """The names to which an answer is restricted."""
    schema = request.body["text"]["format"]["schema"]
    allowed = schema["properties"]["items"]["items"]["properties"]["name"].get("enum")
    return tuple(allowed) if allowed else None


def answered(response: Response, *, places: bool) -> list[tuple[str, Box | None]]:
    """Names and boxes, in order. Raises `DecodeError`, or `ValueError` for JSON of another shape."""
    said = openai.loaded(openai.text_of(response, refused))
    found = TypeAdapter(list[Found]).validate_python(said["items"])
    return [(one.name, _box(one.box) if places else None) for one in found]


def _box(sides: Sequence[int] | None) -> Box:
    if sides is None or sides[0] > sides[2] or sides[1] > sides[3]:
        raise ValueError("no box")
    x0, y0, x1, y1 = (side / THOUSAND for side in sides)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def answer(items: Sequence[tuple[str, Box | None]], model: str) -> Response:
    """The answer that tells these names and boxes."""
    said: list[Mapping[str, Any]] = [
        {"name": name, **({"box": [round(side) for side in box.pixels(THOUSAND, THOUSAND)]} if box else {})}
        for name, box in items
    ]
    return openai.answer(to_text({"items": said}), model)


def to_text(value: Any) -> str:
    """As a model writes it."""
    return TypeAdapter(Any).dump_json(value).decode()


def usage(response: Response, model: str) -> Usage:
    """Tokens and their price."""
    return openai.usage(response, PRICES, model)
