"""Answers in the formats of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from visionhub.errors import ConfigError, InputError
from visionhub.geometry import Box

if TYPE_CHECKING:
    import supervision

    from visionhub.tasks.base import Result, Size


def to_coco(
    result: Result, found: Sequence[tuple[Box, float | None, str, str | None]], image_id: int
) -> list[dict[str, Any]]:
    """COCO's results format, from box, score, name and category number. The name is added as `category_name`."""
    rows = []
    for box, score, name, category in found:
        size = _size(result)
        x0, y0, x1, y1 = box.pixels(size.width, size.height)
        rows.append(
            {
                "image_id": image_id,
                "category_id": int(category) if category and category.isdecimal() else None,
                "category_name": name,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "score": score,
            }
        )
    return rows


def to_supervision(result: Result, found: Sequence[tuple[Box, float | None, str]]) -> supervision.Detections:
    """`supervision.Detections`; an unknown score is NaN, class ids number the names in alphabetical order."""
    try:
        import numpy as np
        import supervision
    except ImportError:
        raise ConfigError("supervision is not installed.", hint="pip install supervision") from None
    if not found:
        return supervision.Detections.empty()
    size = _size(result)
    names = [name for _, _, name in found]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return supervision.Detections(
        xyxy=np.array([box.pixels(size.width, size.height) for box, _, _ in found], dtype=np.float32),
        confidence=np.array([np.nan if score is None else score for _, score, _ in found], dtype=np.float32),
        class_id=np.array([numbers[name] for name in names]),
        data={"class_name": np.array(names)},
    )


def _size(result: Result) -> Size:
    if result.image is None:
        raise InputError("The result does not say how large its picture is.")
    return result.image
