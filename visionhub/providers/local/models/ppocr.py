"""Text by PP-OCRv6 small (PaddleOCR, Apache-2.0), as RapidOCR's wheel carries it in ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines import onnx
from visionhub.providers.local.models import Models
from visionhub.providers.local.models.text import recogniser
from visionhub.providers.local.models.text.detector import find_text, first_scale
from visionhub.providers.local.models.text.quad import Pixels, Quad
from visionhub.providers.local.models.text.reader import LEAST_SIDE, Networks, read_text
from visionhub.providers.local.models.text.unread import all_text


def load(card: Card, models: Models) -> PpOcr:
    """The two networks."""
    files = models.files(card)
    networks = Networks(
        onnx.session(files["detector"], models.threads), recogniser.load(files["recogniser"], models.threads)
    )
    return PpOcr(networks)


class PpOcr:
    """Finds lines, reads them, and puts them in order; or finds them only. A `Model`."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def __call__(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Model`."""
        picture = body["image"].array()
        if body["unread"]:
            return {"lines": all_text(self._networks.detector, picture)}
        return {"lines": read_text(self._networks, picture)}

    def find(self, picture: Pixels) -> list[Quad]:
        """Around each line of an upright picture, for another model to read."""
        if min(picture.shape[:2]) < LEAST_SIDE:
            return []
        return find_text(self._networks.detector, picture, first_scale(picture))
