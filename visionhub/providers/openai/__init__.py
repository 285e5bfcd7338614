"""OpenAI: language models that see, their moderation, and pictures from words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.openai.wire import OpenAiOptions, OpenAiWire

    return OpenAiWire(OpenAiOptions.read("openai", options))


PROVIDER = Provider(
    name="openai",
    title="OpenAI",
    package=__name__,
    connect=_connect,
    absent={
        "faces": "OpenAI finds no faces: ask google, aws, azure, clarifai, api4ai or local.",
        "compare": "OpenAI compares no faces: ask aws, azure, clarifai or local.",
    },
)
