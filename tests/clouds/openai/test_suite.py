"""The conformance suite over OpenAI, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.faults import FaultSuite
from tests.clouds.suite import CloudSuite
from visionhub import registry

SECRET = "sk-secret"


def at(url: str) -> Mapping[str, Any]:
    return {"base_url": f"{url}/v1", "api_key": SECRET}


class TestOpenAi(CloudSuite):
    provider = registry.get("openai")
    options: ClassVar[Mapping[str, Any]] = at("http://127.0.0.1:9")
    secrets = (SECRET,)
    models: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("classify", "detect", "ocr", "caption", "moderate", "generate"), "another"
    )

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)


class TestFaults(FaultSuite):
    provider = registry.get("openai")
    secrets = (SECRET,)

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)
