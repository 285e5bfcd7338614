"""API4AI: classification, detection, text, faces and safety over plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.api4ai.wire import connect

    return connect(options)


PROVIDER = Provider(
    name="api4ai",
    title="API4AI",
    package=__name__,
    connect=_connect,
    absent={
        "embed": "visionhub does not ask API4AI for vectors yet: local gives them.",
        "caption": "API4AI describes no pictures: ask google, aws, azure, openai or clarifai.",
        "generate": "API4AI makes no pictures: ask google, aws, azure, openai or clarifai.",
    },
)
