"""The conformance suite over a cloud: the provider's own wire asks the gateway on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from visionhub.provider import Provider
from visionhub.testing.suite import ProviderSuite


class CloudSuite(ProviderSuite):
    """`at(url)` are the options that make the provider ask the gateway there."""

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def handler(cls, gateway: str) -> Iterator[Provider]:
        handler = cls.provider.with_options(cls.at(gateway))
        yield handler
        handler.close()
