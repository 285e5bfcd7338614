"""AWS's numbers: places in shares of the picture, at its edges outside of it; confidence in percent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from visionhub.geometry import Box, Polygon


def score(percent: float) -> float:
    """0..1."""
    return min(max(float(percent), 0.0), 100.0) / 100


def percent(score: float | None) -> float:
    """0..100; what has no score counts as certain, since AWS has no way not to say."""
    return 100.0 if score is None else round(score * 100, 7)


def asked_score(percent: float | None) -> float | None:
    """A lower limit that was asked for, as it was before `percent`."""
    return None if percent is None else round(percent / 100, 9)


def box(said: Mapping[str, float]) -> Box:
    """A box of the frame."""
    left, top = said["Left"], said["Top"]
    return Box.clamped(left, top, left + said["Width"], top + said["Height"])


def bounding_box(box: Box) -> dict[str, float]:
    """A box in AWS's terms."""
    return {"Left": box.x0, "Top": box.y0, "Width": box.width, "Height": box.height}


def polygon(said: Iterable[Mapping[str, float]]) -> Polygon:
    """An outline of the frame."""
    return Polygon.clamped((point["X"], point["Y"]) for point in said)


def geometry(outline: Polygon) -> dict[str, Any]:
    """An outline and the box around it, in AWS's terms."""
    return {
        "BoundingBox": bounding_box(outline.box),
        "Polygon": [{"X": point.x, "Y": point.y} for point in outline.points],
    }
