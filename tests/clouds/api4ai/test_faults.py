"""What API4AI may say instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.clouds.faults import FaultSuite
from visionhub import registry


class TestFaults(FaultSuite):
    provider = registry.get("api4ai")
    secrets = ("secret-key",)

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return {"key": "secret-key", "base_url": url}
