"""The conformance suite over AWS, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.faults import FaultSuite
from tests.clouds.suite import CloudSuite
from visionhub import registry

SECRET = "wJalrXUtnFEMI-secret"


def at(url: str) -> Mapping[str, Any]:
    return {"endpoint": url, "region": "eu-west-1", "access_key_id": "AKIDEXAMPLE", "secret_access_key": SECRET}


class TestAws(CloudSuite):
    provider = registry.get("aws")
    options: ClassVar[Mapping[str, Any]] = at("http://127.0.0.1:9")
    secrets = (SECRET, "AKIDEXAMPLE")
    models: ClassVar[Mapping[str, str]] = {
        "ocr": "textract",
        "caption": "amazon.nova-lite-v1:0",
        "generate": "stability.sd3-5-large-v1:0",
    }

    at = staticmethod(at)


class TestFaults(FaultSuite):
    provider = registry.get("aws")
    secrets = (SECRET, "AKIDEXAMPLE")

    at = staticmethod(at)
