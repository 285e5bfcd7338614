"""Where text may be, for whoever wants it covered: what the reader is not sure of counts too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from visionhub.providers.local.models.text.detector import find_text, first_scale
from visionhub.providers.local.models.text.quad import Pixels

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LEAST_SIDE: Final = 4
CLOSER: Final = 2.5
"""As the reader looks again, where it reads nothing."""


def all_text(detector: InferenceSession, picture: Pixels) -> list[dict[str, Any]]:
    """Rows as those of `read_text`, without words, letters or order, found at the usual scale and closer."""
    if min(picture.shape[:2]) < LEAST_SIDE:
        return []
    usual = first_scale(picture)
    scales = {usual, max(usual, min(1.0, CLOSER * usual))}
    quads = [quad for scale in sorted(scales) for quad in find_text(detector, picture, scale)]
    return [{"text": "", "score": None, "polygon": quad.tolist(), "block": 0, "words": []} for quad in quads]
