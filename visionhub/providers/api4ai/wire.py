"""One POST a picture, as multipart, to `{base_url}/{operation}/results`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from visionhub.errors import ConfigError
from visionhub.kit.http import HttpWire, Parcel
from visionhub.kit.options import Options
from visionhub.providers.api4ai.errors import refusal
from visionhub.wire import Request

KEY = "API4AI_KEY"


class Api4aiOptions(Options):
    """What can be set for API4AI.

    key        left out, the environment's API4AI_KEY
    base_url   where the API answers
    """

    key: SecretStr | None = None
    base_url: str = Field(default="https://api4ai.cloud", pattern="^https?://")


def connect(options: Mapping[str, Any]) -> HttpWire:
    """A wire with these options. Raises `ConfigError` where no key is found."""
    known = Api4aiOptions.read("api4ai", options)
    key = known.key.get_secret_value() if known.key else os.environ.get(KEY)
    if not key:
        raise ConfigError(
            "There is no key for API4AI.", hint=f"Set {KEY}, or VISIONHUB_PROVIDERS__API4AI__KEY.", provider="api4ai"
        )

    def address(request: Request) -> Parcel:
        asked = {name: str(value) for name, value in request.body.items() if name != "image"}
        return Parcel(
            "POST",
            f"{known.base_url.rstrip('/')}/{request.operation}",
            headers={"X-API-KEY": key},
            params=asked,
            files={"image": ("image", request.body["image"])},
        )

    return HttpWire(address, refusal, known.timeout)
