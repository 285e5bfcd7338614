"""The conformance suite over Google, by REST, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.faults import FaultSuite
from tests.clouds.suite import CloudSuite
from visionhub import registry

SECRET = "AIzaSy-secret"


def at(url: str) -> Mapping[str, Any]:
    return {"endpoint": url, "gemini_endpoint": url, "transport": "rest", "api_key": SECRET}


class TestGoogle(CloudSuite):
    provider = registry.get("google")
    options: ClassVar[Mapping[str, Any]] = at("http://127.0.0.1:9")
    secrets = (SECRET,)
    models: ClassVar[Mapping[str, str]] = {"ocr": "text", "caption": "gemini-3-pro", "generate": "gemini-3-pro-image"}

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)


class TestFaults(FaultSuite):
    provider = registry.get("google")
    secrets = (SECRET,)

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)
