"""Google's words for what went wrong, by REST, over gRPC and from its sign-in; what may come from any vendor is in `test_suite`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import grpc
import pytest
from google.auth.exceptions import RefreshError
from google.auth.exceptions import TransportError as LostLine
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from tests.clouds.google.servicer import answering
from tests.clouds.google.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import registry
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
from visionhub.providers.google import classify, wire
from visionhub.providers.google.credentials import Bearer
from visionhub.providers.google.errors import refusal
from visionhub.tasks import ClassifyCall, Labels
from visionhub.testing import pictures
from visionhub.wire import Request, Response

PROVIDER = registry.get("google")
CALL = ClassifyCall(image=Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg"))
EMPTY = b'{"responses": [{}]}'
# HTTP status, canonical status, reason: what it is.
TOLD: list[tuple[int, str, str | None, type[VisionError]]] = [
    (400, "INVALID_ARGUMENT", None, InputError), (400, "INVALID_ARGUMENT", "API_KEY_INVALID", AuthError),
    (400, "OUT_OF_RANGE", None, InputError), (400, "FAILED_PRECONDITION", None, ConfigError),
    (401, "UNAUTHENTICATED", None, AuthError), (401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", AuthError),
    (401, "UNAUTHENTICATED", "CREDENTIALS_MISSING", AuthError), (403, "PERMISSION_DENIED", None, AuthError),
    (403, "PERMISSION_DENIED", "SERVICE_DISABLED", ConfigError), (403, "PERMISSION_DENIED", "BILLING_DISABLED", QuotaError),
    (403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED", AuthError), (403, "PERMISSION_DENIED", "CONSUMER_INVALID", AuthError),
    (403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED", AuthError), (403, "PERMISSION_DENIED", "UNHEARD_OF", AuthError),
    (404, "NOT_FOUND", None, ConfigError), (409, "ABORTED", None, ProviderError), (429, "RESOURCE_EXHAUSTED", None, RateLimitError),
    (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", RateLimitError),
    (429, "RESOURCE_EXHAUSTED", "RESOURCE_QUOTA_EXCEEDED", QuotaError), (500, "INTERNAL", None, ProviderError),
    (501, "UNIMPLEMENTED", None, ConfigError), (503, "UNAVAILABLE", None, ProviderError),
    (504, "DEADLINE_EXCEEDED", None, ProviderError), (418, "UNHEARD_OF", None, InputError), (599, "UNHEARD_OF", None, ProviderError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "name", "reason", "kind"), TOLD)
def test_what_is_told_decides(status: int, name: str, reason: str | None, kind: type[VisionError]) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    body = {"error": {"code": status, "message": "as asked", "status": name, "details": details}}
    # Gemini's may be a list of one.
    for said in (body, [body]):
        error = refusal(status, said, {})
        assert type(error) is kind
        assert error.status == status
        assert "as asked" in error.message


def test_the_wait_that_is_told_is_kept() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"}]
    assert refusal(429, {"error": {"status": "RESOURCE_EXHAUSTED", "details": details}}, {}).retry_after == 3.5


@pytest.mark.parametrize(
    "said",
    [
        {"details": 5}, {"details": [5]}, {"message": 5}, {"status": []}, {"code": {}}, {"details": [{"reason": []}]},
        {"details": [{"retryDelay": "soon"}]}, {"details": [{"retryDelay": 5}]}, [], 5, None,
    ],
)  # fmt: skip
def test_a_broken_error_is_still_one(said: Any) -> None:
    assert type(refusal(400, {"error": said}, {})) is InputError


@pytest.mark.parametrize("body", [[], {}, 5, {"responses": 5}, {"responses": [{}]}])
def test_an_answer_to_fewer_pictures_is_an_error_of_each(body: Any) -> None:
    made = wire.GoogleWire(wire.GoogleOptions(api_key="secret", transport="rest"))  # type: ignore[arg-type]
    found = made.split(Response(body), [classify.encode(CALL)] * 2)
    made.close()
    assert [type(one) for one in found] == [DecodeError, DecodeError]
    assert found[0] is not found[1]


def limited(flow: Flow[Any], seconds: float) -> Flow[Any]:
    """A flow of one step, bounded."""
    try:
        outcome = yield timed(next(flow), seconds)
    except VisionError as error:
        flow.throw(error)
        raise
    flow.send(outcome)


class TestGrpc:
    def fault(self, url: str, seconds: float | None = None, **options: Any) -> VisionError:
        """The one error that comes out, blocking and async alike."""
        provider = PROVIDER.with_options({"endpoint": url, **options})

        def asked() -> Flow[Any]:
            return provider(CALL) if seconds is None else limited(provider(CALL), seconds)

        with pytest.raises(VisionError) as blocking:
            run(asked())
        with pytest.raises(VisionError) as awaited:
            asyncio.run(arun(asked()))
        provider.close()
        assert type(blocking.value) is type(awaited.value)
        assert blocking.value.hint
        return blocking.value

    def test_reason_and_wait_are_read(self) -> None:
        def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
            said = Status(code=8, message="too many")
            for detail in (
                ErrorInfo(reason="RATE_LIMIT_EXCEEDED"),
                RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000)),
            ):
                packed = Packed()
                packed.Pack(detail)
                said.details.append(packed)
            context.set_trailing_metadata((("grpc-status-details-bin", said.SerializeToString()),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many")
            raise AssertionError

        with answering(refuse) as url:
            error = self.fault(url)
        assert isinstance(error, RateLimitError)
        assert (error.code, error.retry_after) == ("RATE_LIMIT_EXCEEDED", 2.5)

    def test_nobody_there(self) -> None:
        assert isinstance(self.fault("http://127.0.0.1:9"), TransportError)

    def test_nonsense(self) -> None:
        with answering(lambda *_: b"\xff\xff") as url:
            assert isinstance(self.fault(url), ProviderError | DecodeError)

    def test_no_token(self) -> None:
        def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Getting metadata from plugin failed with error: invalid_grant")
            raise AssertionError

        with answering(refuse) as url:
            assert isinstance(self.fault(url), AuthError)

    def test_a_slow_answer(self) -> None:
        def wait(*_: Any) -> bytes:
            time.sleep(0.6)
            return b""

        with answering(wait) as url:
            assert isinstance(self.fault(url, 0.2), TimeoutError)
            assert isinstance(self.fault(url, timeout=0.2), TransportError)

    def test_an_empty_answer_is_none(self) -> None:
        with answering(lambda *_: b"\x0a\x00") as url:
            provider = PROVIDER.with_options({"endpoint": url})
            for result in (run(provider(CALL)), asyncio.run(arun(provider(CALL)))):
                assert isinstance(result, Labels)
                assert not result.labels
            provider.close()


WITHOUT = """
import sys
sys.modules.update({"google.auth": None, "google.cloud": None, "google.api_core": None})
from visionhub import registry
from visionhub.errors import ConfigError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.tasks import ClassifyCall
from visionhub.testing import pictures
call = ClassifyCall(image=Image(pictures.encoded(pictures.scene())))
for options in ({"api_key": "k"}, {}, {"transport": "rest"}, {"endpoint": "http://127.0.0.1:9"}):
    try:
        run(registry.get("google").with_options(options)(call))
    except ConfigError as error:
        assert "pip install 'visionhub[google]'" in str(error), error
    else:
        raise AssertionError(options)
"""


def test_a_missing_client_says_how_to_install_it() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)


class Account:
    """Credentials whose token is fetched slowly, or not at all."""

    def __init__(self, trouble: Exception | None = None, seconds: float = 0.0) -> None:
        self.trouble, self.seconds = trouble, seconds
        self.token, self.fetched = "fresh", 0

    @property
    def valid(self) -> bool:
        return self.fetched > 0

    def refresh(self, _: Any) -> None:
        time.sleep(self.seconds)
        if self.trouble:
            raise self.trouble
        self.fetched += 1


@pytest.mark.parametrize(("trouble", "kind"), [(RefreshError, AuthError), (LostLine, TransportError)])
def test_signing_in_fails(monkeypatch: pytest.MonkeyPatch, trouble: type[Exception], kind: type[VisionError]) -> None:
    monkeypatch.setattr("visionhub.providers.google.credentials.found", lambda _: Account(trouble()))
    with pytest.raises(kind):
        Bearer(None, None, None).headers()


def test_a_token_is_fetched_once_and_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(seconds=0.3)
    monkeypatch.setattr("visionhub.providers.google.credentials.found", lambda _: account)
    vendor = Vendor()
    vendor.says(200, EMPTY)

    async def ask(made: wire.GoogleWire) -> int:
        request = Request("images:annotate", {"requests": []})
        asked = asyncio.gather(*(made.asend(request, 5) for _ in range(3)))
        beats = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            beats += 1
        await asked
        return beats

    with serving(vendor) as url:
        made = wire.GoogleWire(wire.GoogleOptions(endpoint=url, transport="rest"))
        assert asyncio.run(ask(made)) > 10
        made.close()
    assert account.fetched == 1
    assert [headers["authorization"] for _, headers, _ in vendor.asked] == ["Bearer fresh"] * 3


def test_a_key_is_never_shown() -> None:
    vendor = Vendor()
    vendor.says(400, json.dumps({"error": {"message": "key=AIzaSy-secret is wrong"}}).encode())
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(InputError) as caught:
            run(provider(CALL))
        provider.close()
    assert "AIzaSy" not in f"{caught.value!r} {caught.value.__dict__}"
