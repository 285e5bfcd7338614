"""Text by PP-OCRv6 small (PaddleOCR, Apache-2.0), as RapidOCR's wheel carries it in ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines import onnx
from visionhub.providers.local.models import Model, Models
from visionhub.providers.local.models.text import recogniser
from visionhub.providers.local.models.text.reader import Networks, read_text
from visionhub.providers.local.models.text.unread import all_text


def load(card: Card, models: Models) -> Model:
    """Finds lines, reads them, and puts them in order; or finds them only."""
    files = models.files(card)
    networks = Networks(
        onnx.session(files["detector"], models.threads), recogniser.load(files["recogniser"], models.threads)
    )

    def read(body: Mapping[str, Any]) -> dict[str, Any]:
        picture = body["image"].array()
        return {"lines": all_text(networks.detector, picture) if body["unread"] else read_text(networks, picture)}

    return read
