"""The gateway on loopback, which is every vendor in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clouds.server import serving
from visionhub.gateway import Gateway
from visionhub.hub import AsyncHub
from visionhub.testing import FakeProvider, results


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """Its URL. Behind it stands a provider that answers everything, always alike (`visionhub.testing.results`)."""
    with serving(Gateway(AsyncHub(FakeProvider(results.answer)))) as url:
        yield url
