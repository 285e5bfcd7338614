"""OpenAI: language models that see, their moderation, and pictures from words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from visionhub.provider import Provider
from visionhub.wire import Wire

# Of OpenAI's addresses, those that stand for a region: openai/_data_residency.py in its package.
HOST = re.compile(r"([a-z]{2})\.api\.openai\.com")


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.openai.wire import OpenAiOptions, OpenAiWire

    return OpenAiWire(OpenAiOptions.read("openai", options))


def _located(options: Mapping[str, Any], task: str, model: str | None) -> tuple[str, ...]:
    from visionhub.providers.openai.wire import OpenAiOptions

    del task, model
    found = HOST.fullmatch(urlsplit(OpenAiOptions.read("openai", options).address).hostname or "")
    return (found[1],) if found else ()


PROVIDER = Provider(
    name="openai",
    title="OpenAI",
    package=__name__,
    connect=_connect,
    located=_located,
    absent={
        "embed": "visionhub does not ask OpenAI for vectors yet: local gives them.",
        "faces": "OpenAI finds no faces: ask google, aws, azure, clarifai, api4ai or local.",
        "compare": "OpenAI compares no faces: ask aws, azure, clarifai or local.",
    },
)
