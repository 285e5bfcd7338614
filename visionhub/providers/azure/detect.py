"""Image Analysis: objects, or people alone: `model="people"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from visionhub.capability import Capability
from visionhub.providers.azure import analysis, pixels
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.wire import Request, Response

OBJECTS, PEOPLE = "objects", "people"
PERSON = "person"
CAPABILITY = Capability(model="image-analysis-4.0", price=analysis.GROUP_1, **analysis.LIMITS)


def encode(call: DetectCall) -> Request:
    """See `visionhub.codec`."""
    return analysis.request(call.image, [PEOPLE if call.model == PEOPLE else OBJECTS], call.extra)


def decode(response: Response, call: DetectCall) -> Detections:
    """See `visionhub.codec`. People are listed however unsure: from 0.01 on."""
    body = analysis.answer(response)
    size, told = pixels.size(body, call), [name for name in (OBJECTS, PEOPLE) if f"{name}Result" in body]
    if not told:
        raise KeyError("objectsResult")
    found = tuple(_object(said, name, size) for name in told for said in body[f"{name}Result"]["values"])
    return Detections(objects=found, model=body.get("modelVersion"))


def _object(said: Mapping[str, Any], kind: str, size: tuple[float, float]) -> Object:
    """Named by its likeliest tag; in the answers of previews the name stands on the object itself; people have none."""
    named = {**said, "name": PERSON} if kind == PEOPLE else said
    best = max(said.get("tags") or [named], key=lambda tag: tag["confidence"])
    return Object(
        name=best["name"], score=best["confidence"], box=pixels.box(said["boundingBox"], *size), id=said.get("id"),
        parents=tuple(_parents(said.get("parent"))),
    )  # fmt: skip


def _parents(said: Mapping[str, Any] | None) -> Iterator[str]:
    while said:
        yield said["object"]
        said = said.get("parent")


def parse(request: Request) -> DetectCall:
    """See `visionhub.codec`."""
    is_people = PEOPLE in request.body["features"]
    return DetectCall(**analysis.asked(request, OBJECTS, PEOPLE), model=PEOPLE if is_people else None)


def render(result: Detections, call: DetectCall) -> Response:
    """See `visionhub.codec`."""
    size = call.image.width, call.image.height
    values: list[dict[str, Any]] = []
    for found in result.objects:
        score = 1.0 if found.score is None else found.score
        place = {"boundingBox": pixels.rectangle(found.box, *size)}
        if call.model != PEOPLE:
            values.append({**place, "tags": [{"name": found.name, "confidence": score}]})
        elif found.name.casefold() == PERSON:
            values.append({**place, "confidence": score})
    name = PEOPLE if call.model == PEOPLE else OBJECTS
    return Response({**pixels.metadata(call.image), f"{name}Result": {"values": values}})
