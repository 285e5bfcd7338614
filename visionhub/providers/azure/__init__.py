"""Azure: Image Analysis, Face, Content Safety, and Azure OpenAI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.azure.wire import AzureOptions, AzureWire

    return AzureWire(AzureOptions.read("azure", options))


PROVIDER = Provider(
    name="azure",
    title="Azure (Image Analysis, Face, Content Safety, OpenAI)",
    package=__name__,
    connect=_connect,
    absent={
        "embed": "visionhub does not ask Azure for vectors yet: local gives them.",
    },
)
