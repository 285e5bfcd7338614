"""The conformance suite over Azure, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clouds.faults import FaultSuite
from tests.clouds.suite import CloudSuite
from visionhub import registry
from visionhub.tasks import ModerateCall

SECRET = "0123456789abcdef-secret"


def at(url: str) -> Mapping[str, Any]:
    return {"endpoint": url, "key": SECRET}


class TestAzure(CloudSuite):
    provider = registry.get("azure")
    options: ClassVar[Mapping[str, Any]] = at("http://127.0.0.1:9")
    secrets = (SECRET,)
    models: ClassVar[Mapping[str, str]] = {
        "detect": "people",
        "caption": "ours",
        "generate": "ours",
        "faces": "detection_02",
    }
    stepwise = ("compare",)

    at = staticmethod(at)


class TestFaults(FaultSuite):
    provider = registry.get("azure")
    secrets = (SECRET,)

    at = staticmethod(at)


class TestFaultsOfPlainHttp(TestFaults):
    """The same, of what does not go through Microsoft's client."""

    def call(self) -> Any:
        return ModerateCall(image=super().call().image)
