"""Recording and playing: `make record PROVIDER=… TASK=…` records, everything else plays.

By default a cassette is recorded against visionhub's own gateway, on loopback; with RECORD_LIVE=1 against the vendor, with the
settings of the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clouds.server import serving
from visionhub.config import read
from visionhub.gateway import Gateway
from visionhub.hub import AsyncHub
from visionhub.testing import FakeProvider, cassettes, results

IS_LIVE = bool(os.environ.get("RECORD_LIVE"))
ORIGIN = (
    "Recorded against the vendor." if IS_LIVE else "Recorded against visionhub's own gateway, not against the vendor."
)
FOLDER = Path(__file__).parent


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    del config
    vcr.register_serializer("yaml", cassettes.Readable(ORIGIN))


@pytest.fixture(scope="session")
def vcr_config() -> Mapping[str, Any]:
    return {
        "before_record_request": cassettes.request,
        "before_record_response": cassettes.response,
        "match_on": ["method", "path", "query", "body"],
        "decode_compressed_response": True,
    }


@pytest.fixture
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    asked = getattr(request.node, "callspec", None)
    return str(
        FOLDER.joinpath(*(asked.params[name] for name in ("provider", "task") if name in asked.params))
        if asked
        else FOLDER
    )


@pytest.fixture
def default_cassette_name() -> str:
    return "asked"


@pytest.fixture
def url(record_mode: str) -> Iterator[str]:
    """Of the gateway while recording; nobody answers at the other."""
    if record_mode == "none" or IS_LIVE:
        yield f"http://{cassettes.HOST}"
        return
    with serving(Gateway(AsyncHub(FakeProvider(results.answer)))) as gateway:
        yield gateway


def live(provider: str) -> Mapping[str, Any]:
    """The environment's own settings."""
    return read().options(provider)
