"""Clarifai's boxes: rows and columns in shares of the picture, zeros left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.geometry import Box, Polygon


def box(region: Mapping[str, Any]) -> Box:
    """Where a region is."""
    said = region["region_info"]["bounding_box"]
    left, top, right, bottom = (said.get(name, 0.0) for name in ("left_col", "top_row", "right_col", "bottom_row"))
    return Box.clamped(left, top, right, bottom)


def info(box: Box) -> dict[str, Any]:
    """A box as a region says it."""
    return {"bounding_box": {"top_row": box.y0, "left_col": box.x0, "bottom_row": box.y1, "right_col": box.x1}}


def outline(box: Box) -> Polygon:
    """Its corners, from the top left on."""
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))
