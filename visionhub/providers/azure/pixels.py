"""Azure's places: whole pixels of the picture it was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from visionhub.geometry import Box, Polygon
from visionhub.image import Image
from visionhub.tasks import Call, Size


def size(answer: Mapping[str, Any], call: Call[Any]) -> tuple[float, float]:
    """Of the picture, as the answer says it, or as it is."""
    if said := answer.get("metadata"):
        return said["width"], said["height"]
    (image,) = call.pictures().values()
    return image.width, image.height


def metadata(image: Image) -> dict[str, Any]:
    """What Image Analysis says of every picture."""
    known = Size(width=image.width, height=image.height)
    return {"modelVersion": "2023-10-01", "metadata": known.model_dump()}


def box(said: Mapping[str, float], width: float, height: float) -> Box:
    """Of `x, y, w, h`, or of `left, top, width, height`."""
    left, top = said.get("x", said.get("left", 0)), said.get("y", said.get("top", 0))
    right, bottom = left + said.get("w", said.get("width", 0)), top + said.get("h", said.get("height", 0))
    return Box.clamped(left / width, top / height, right / width, bottom / height)


def rectangle(box: Box, width: int, height: int, names: Sequence[str] = ("x", "y", "w", "h")) -> dict[str, int]:
    """A box in Azure's terms."""
    left, top, right, bottom = (round(side) for side in box.pixels(width, height))
    return dict(zip(names, (left, top, right - left, bottom - top), strict=True))


def polygon(points: Iterable[Mapping[str, float]], width: float, height: float) -> Polygon:
    """An outline of the frame."""
    return Polygon.clamped((point["x"] / width, point["y"] / height) for point in points)


def points(outline: Polygon, width: int, height: int) -> list[dict[str, int]]:
    """An outline in Azure's terms."""
    return [{"x": round(x), "y": round(y)} for x, y in outline.pixels(width, height)]
