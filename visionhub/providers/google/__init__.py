"""Google: Cloud Vision for what is to be seen and read, Gemini for captions and new pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.google.wire import GoogleOptions, GoogleWire

    return GoogleWire(GoogleOptions.read("google", options))


def _located(options: Mapping[str, Any], task: str, model: str | None) -> tuple[str, ...]:
    from visionhub.providers.google.places import located

    return located(options, task, model)


PROVIDER = Provider(
    name="google",
    title="Google (Cloud Vision, Gemini)",
    package=__name__,
    connect=_connect,
    located=_located,
    absent={
        "embed": "visionhub does not ask Google for vectors yet: local gives them.",
        "compare": "Google compares no faces and gives no vectors of them: ask aws, azure, clarifai or local.",
    },
)
