"""`images:annotate`: one picture, one feature a call; what several tasks of Cloud Vision share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import Price
from visionhub.geometry import Point, Polygon
from visionhub.image import Image
from visionhub.providers.google.errors import failure
from visionhub.wire import Request, Response

OPERATION = "images:annotate"
LIST = "https://cloud.google.com/vision/pricing"
PRICE = Price(usd=0.0015, as_of=date(2026, 11, 22), source=LIST, tiers={5_000_000: 0.0006})
# 10 MB of JSON, of which base64 takes four bytes for three.
LIMITS: dict[str, Any] = {
    "media_types": ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp"),
    "max_bytes": 7_400_000,
    "max_pixels": 75_000_000,
    "model": "builtin/stable",
    "batch": 16,
    "docs": "https://cloud.google.com/vision/docs/reference/rest/v1/images/annotate",
}
OWN = ("image", "features")


def request(image: Image, feature: str, extra: Mapping[str, Any], **asked: Any) -> Request:
    """`asked` are the feature's own settings, those left out None; `extra` goes beside it, `imageContext` for example."""
    known = {name: value for name, value in asked.items() if value is not None}
    one = {"image": {"content": image.data}, "features": [{"type": feature, **known}], **extra}
    return Request(OPERATION, {"requests": [one]})


def asked(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that all calls have, and the feature that was asked for."""
    one = request.body["requests"][0]
    extra = {name: value for name, value in one.items() if name not in OWN}
    feature = one["features"][0]
    return {"image": Image(one["image"]["content"]), "model": feature.get("model"), "extra": extra}, feature


def answered(response: Response) -> dict[str, Any]:
    """What was said about the one picture. Raises the error that stands in its place."""
    said: dict[str, Any] = response.body["responses"][0]
    if error := said.get("error"):
        raise failure(error, request_id=response.request_id)
    return said


def answer(**said: Any) -> Response:
    """An answer about one picture."""
    return Response({"responses": [said]})


def outline(poly: Mapping[str, Any], width: int, height: int) -> Polygon:
    """The outline of a `BoundingPoly`, in pixels or in shares. A zero is left out by the vendor, and means zero."""
    if points := poly.get("normalizedVertices"):
        return Polygon.clamped((point.get("x", 0), point.get("y", 0)) for point in points)
    return Polygon.clamped((point.get("x", 0) / width, point.get("y", 0) / height) for point in poly["vertices"])


def vertices(outline: Polygon, width: int, height: int) -> dict[str, Any]:
    """An outline in whole pixels."""
    return {"vertices": [{"x": round(x), "y": round(y)} for x, y in outline.pixels(width, height)]}


def place(position: Mapping[str, float], width: int, height: int) -> Point:
    """A landmark's place, in pixels."""
    return Point.clamped(position.get("x", 0) / width, position.get("y", 0) / height)
