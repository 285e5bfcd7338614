"""The conformance suite over Clarifai, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.faults import FaultSuite
from tests.clouds.suite import CloudSuite
from visionhub import registry

SECRET = "0123456789abcdef-secret"


def at(url: str) -> Mapping[str, Any]:
    return {"pat": SECRET, "base_url": url}


class TestClarifai(CloudSuite):
    provider = registry.get("clarifai")
    options: ClassVar[Mapping[str, Any]] = at("http://127.0.0.1:9")
    secrets = (SECRET,)
    # None for faces: that vectors are asked for can be said only by the model's name.
    models: ClassVar[Mapping[str, str]] = {
        "classify": "acme/shop/tags", "detect": "acme/shop/things/v2", "ocr": "ocr-scene-german",
        "moderate": "nsfw-recognition", "caption": "qwen/qwen-VL/qwen-VL-Chat", "generate": "acme/shop/painter/v1",
    }  # fmt: skip

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)


class TestFaults(FaultSuite):
    provider = registry.get("clarifai")
    secrets = (SECRET,)

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        return at(url)
