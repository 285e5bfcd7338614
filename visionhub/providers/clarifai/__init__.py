"""Clarifai: any model on its platform, by name, over plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.clarifai.wire import connect

    return connect(options)


PROVIDER = Provider(
    name="clarifai",
    title="Clarifai",
    package=__name__,
    connect=_connect,
    absent={
        "embed": "visionhub does not ask Clarifai for vectors yet: local gives them.",
    },
)
