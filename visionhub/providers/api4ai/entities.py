"""API4AI's answers: a list of entities, each with what its `kind` says.

Boxes are `[x, y, width, height]` in shares of the picture, at its edges slightly outside of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.wire import Request, Response

OK = {"code": "ok", "message": "Success"}


def request(operation: str, image: bytes, extra: Mapping[str, Any]) -> Request:
    """The picture, and everything else as the address's query."""
    return Request(f"{operation}/results", {"image": image, **extra})


def asked(request: Request, usual: str | None) -> dict[str, Any]:
    """A request as the fields of a call: the picture, the model if it is not the `usual` one, and the rest."""
    model = request.operation.removesuffix("/results")
    rest = {name: value for name, value in request.body.items() if name != "image"}
    return {"image": Image(request.body["image"]), "model": None if model == usual else model, "extra": rest}


def of_kind(entities: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    """The entities of one kind, in order."""
    return [entity for entity in entities if entity["kind"] == kind]


def answers(entities: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    """Those of the kind that the question was about. Raises `LookupError` where there is none: it was another question."""
    found = of_kind(entities, kind)
    if not found:
        raise LookupError(kind)
    return found


def box(values: Iterable[float]) -> Box:
    """A box of the frame."""
    x, y, width, height = values
    return Box.clamped(x, y, x + width, y + height)


def corners(box: Box) -> list[float]:
    """A box in API4AI's order."""
    return [box.x0, box.y0, box.width, box.height]


def answer(*entities: Mapping[str, Any], name: str) -> Response:
    """An answer about the picture of that name."""
    return Response({"results": [{"status": OK, "name": name, "md5": "", "entities": list(entities)}]})
