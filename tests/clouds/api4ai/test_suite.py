"""The conformance suite over API4AI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.suite import CloudSuite
from visionhub import registry


class TestApi4ai(CloudSuite):
    provider = registry.get("api4ai")
    options: ClassVar[Mapping[str, Any]] = {"key": "secret-key"}
    secrets = ("secret-key",)
    models: ClassVar[Mapping[str, str]] = {
        "classify": "general-cls/v2", "detect": "general-det/v2", "ocr": "ocr/v2", "faces": "face-analyzer/v2", "moderate": "nsfw/v2",
    }  # fmt: skip

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return {"key": "secret-key", "base_url": url}
