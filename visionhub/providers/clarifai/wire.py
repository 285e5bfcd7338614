"""One POST to `{base_url}/v2/{operation}`, with as many inputs as Clarifai takes at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field, SecretStr

from visionhub.errors import ConfigError, DecodeError, VisionError
from visionhub.kit.http import HttpWire, Parcel, to_json
from visionhub.kit.options import Options
from visionhub.providers.clarifai.errors import refusal
from visionhub.providers.clarifai.outputs import BATCH
from visionhub.wire import Request, Response

TOKEN, ADDRESS = "CLARIFAI_PAT", "CLARIFAI_API_BASE"
USUAL = "https://api.clarifai.com"
BATCH_BYTES = 96_000_000
"""Of all pictures in one request: 128 MB as base64."""


class ClarifaiOptions(Options):
    """What can be set for Clarifai. What is left out is taken from CLARIFAI_PAT and CLARIFAI_API_BASE.

    pat        a personal access token
    base_url   where the API answers
    """

    pat: SecretStr | None = None
    base_url: str | None = Field(default=None, pattern="^https?://")


class ClarifaiWire(HttpWire):
    """See `BatchWire`. An input that fails has a status of its own among the `outputs`, which its codec reads."""

    def fitting(self, requests: Sequence[Request]) -> int:
        """See `BatchWire`: those that ask the model alike."""
        alike, size = 0, 0
        for request in requests[:BATCH]:
            size += _bytes(request)
            if alike and (size > BATCH_BYTES or _apart(request) != _apart(requests[0])):
                break
            alike += 1
        return alike

    def merge(self, requests: Sequence[Request]) -> Request:
        """See `BatchWire`."""
        inputs = [asked for request in requests for asked in request.body["inputs"]]
        return replace(requests[0], body={**requests[0].body, "inputs": inputs})

    def split(self, response: Response, requests: Sequence[Request]) -> Sequence[Response | VisionError]:
        """See `BatchWire`."""
        count = len(requests)
        outputs = response.body.get("outputs") if isinstance(response.body, dict) else None
        if count == 1 or not outputs:
            # What is wrong with the whole is told to each.
            return [response] * count
        if len(outputs) != count:
            words = f"Clarifai gave {len(outputs)} answers to {count} questions."
            return [DecodeError(words, hint="Ask again, one picture at a time.") for _ in range(count)]
        return [replace(response, body={**response.body, "outputs": [output]}) for output in outputs]


def _apart(request: Request) -> Mapping[str, Any]:
    return {name: value for name, value in request.body.items() if name != "inputs"}


def _bytes(request: Request) -> int:
    return sum(len(asked["data"].get("image", {}).get("base64", b"")) for asked in request.body["inputs"])


def connect(options: Mapping[str, Any]) -> ClarifaiWire:
    """A wire with these options. Raises `ConfigError` where no token is found."""
    known = ClarifaiOptions.read("clarifai", options)
    token = known.pat.get_secret_value() if known.pat else os.environ.get(TOKEN)
    if not token:
        raise ConfigError(
            "There is no token for Clarifai.", hint=f"Set {TOKEN}, or VISIONHUB_PROVIDERS__CLARIFAI__PAT.", provider="clarifai"
        )  # fmt: skip
    base_url = (known.base_url or os.environ.get(ADDRESS) or USUAL).rstrip("/")
    headers = {"Authorization": f"Key {token}", "Content-Type": "application/json"}

    def address(request: Request) -> Parcel:
        return Parcel("POST", f"{base_url}/v2/{request.operation}", headers=headers, content=to_json(request.body))

    return ClarifaiWire(address, refusal, known.timeout)
