"""What may come instead of an answer, for every vendor alike: `class TestFaults(FaultSuite)`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from tests.clouds.server import Vendor, serving
from visionhub.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    InputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    TimeoutError,
    TransportError,
    VisionError,
)
from visionhub.flow import Flow, arun, run, timed
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.tasks import DetectCall
from visionhub.testing import pictures

STATUSES: Mapping[int, type[VisionError]] = {
    400: InputError, 401: AuthError, 402: QuotaError, 403: AuthError, 404: ConfigError, 408: ProviderError, 413: InputError,
    415: InputError, 429: RateLimitError, 500: ProviderError, 503: ProviderError, 504: ProviderError,
}  # fmt: skip
NONSENSE = (b"<html><body>Bad Gateway</body></html>", b"", b'{"error": ', b"[]", b'{"error": 5}')


class FaultSuite:
    """`at(url)` are the provider's options; `statuses` what differs from `STATUSES`, `secrets` what may never be shown."""

    provider: ClassVar[Provider]
    statuses: ClassVar[Mapping[int, type[VisionError]]] = {}
    secrets: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def at(url: str) -> Mapping[str, Any]:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def vendor(cls) -> Iterator[tuple[Vendor, Provider]]:
        vendor = Vendor()
        with serving(vendor) as url:
            provider = cls.provider.with_options(cls.at(url))
            yield vendor, provider
            provider.close()

    def call(self) -> DetectCall:
        return DetectCall(image=Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg"))

    def fault(self, provider: Provider, timeout: float | None = None) -> VisionError:
        """The one error that comes out, blocking and async alike."""
        caught = []
        with pytest.raises(VisionError) as blocking:
            run(_limited(provider(self.call()), timeout))
        caught.append(blocking.value)
        with pytest.raises(VisionError) as awaited:
            asyncio.run(arun(_limited(provider(self.call()), timeout)))
        caught.append(awaited.value)
        assert type(caught[0]) is type(caught[1])
        for error in caught:
            assert error.provider == provider.name
            assert error.hint
            assert not any(secret in f"{error!r} {error} {error.__dict__}" for secret in self.secrets)
        return caught[0]

    @pytest.mark.parametrize("content", NONSENSE)
    @pytest.mark.parametrize("status", STATUSES)
    def test_a_status_is_an_error_whatever_the_body(
        self, vendor: tuple[Vendor, Provider], status: int, content: bytes
    ) -> None:
        vendor[0].says(status, content)
        error = self.fault(vendor[1])
        kind = {**STATUSES, **self.statuses}[status]
        assert type(error) is kind
        assert error.status == status
        assert error.retryable == kind.retryable

    @pytest.mark.parametrize("content", NONSENSE)
    def test_nonsense_with_success_is_not_understood(self, vendor: tuple[Vendor, Provider], content: bytes) -> None:
        vendor[0].says(200, content)
        assert isinstance(self.fault(vendor[1]), DecodeError | ProviderError)

    def test_a_wait_is_obeyed(self, vendor: tuple[Vendor, Provider]) -> None:
        vendor[0].says(429, b"{}", retry_after="7")
        error = self.fault(vendor[1])
        assert isinstance(error, RateLimitError)
        assert error.retry_after == 7

    def test_a_line_that_breaks_can_be_tried_again(self, vendor: tuple[Vendor, Provider]) -> None:
        vendor[0].says(200, b'{"half', cut=True)
        error = self.fault(vendor[1])
        assert isinstance(error, TransportError)

    def test_nobody_there(self) -> None:
        provider = self.provider.with_options(self.at("http://127.0.0.1:9"))
        assert isinstance(self.fault(provider), TransportError)
        provider.close()

    def test_a_slow_answer_keeps_the_callers_limit(self, vendor: tuple[Vendor, Provider]) -> None:
        vendor[0].says(200, b"{}", wait=1.0)
        assert isinstance(self.fault(vendor[1], 0.2), TimeoutError)

    def test_a_slow_answer_without_a_limit_is_the_providers_fault(self, vendor: tuple[Vendor, Provider]) -> None:
        vendor[0].says(200, b"{}", wait=1.0)
        provider = vendor[1].with_options({**vendor[1].options, "timeout": 0.2})
        assert isinstance(self.fault(provider), TransportError)
        provider.close()


def _limited(flow: Flow[Any], timeout: float | None) -> Flow[Any]:
    if timeout is None:
        return (yield from flow)
    effect = next(flow)
    while True:
        try:
            outcome = yield timed(effect, timeout)
        except VisionError as error:
            effect = flow.throw(error)
        else:
            effect = flow.send(outcome)
