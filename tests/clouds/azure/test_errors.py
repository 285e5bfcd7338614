"""Azure's words for what went wrong, and its sign-in; what may come from any vendor is in `test_suite`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError

from tests.clouds.azure.test_suite import SECRET, at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.dialect import Incoming
from visionhub.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    InputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedError,
    TransportError,
    UnsupportedError,
    VisionError,
)
from visionhub.flow import arun, run
from visionhub.image import Image
from visionhub.providers.azure import dialect, wire
from visionhub.providers.azure.credentials import Identity
from visionhub.providers.azure.errors import refusal
from visionhub.tasks import CaptionCall, ClassifyCall, CompareCall, FacesCall, GenerateCall
from visionhub.testing import pictures
from visionhub.wire import Request

PROVIDER = registry.get("azure")
IMAGE = Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg")
FILTERED = {"hate": {"filtered": False, "severity": "safe"}, "sexual": {"filtered": True, "severity": "high"}}
# HTTP status, code, code within, words: what it is.
TOLD: list[tuple[int, str | None, str | None, str, type[VisionError]]] = [
    (400, "InvalidRequest", None, "no picture", InputError), (400, "InvalidRequest", "InvalidImageSize", "", InputError),
    (400, "InvalidRequest", "InvalidImageFormat", "", InputError), (400, "InvalidRequest", "NotSupportedVisualFeature", "", UnsupportedError),
    (400, "InvalidArgument", "InvalidImageUrl", "", InputError), (400, "InvalidRequest", "NotSupportedLanguage", "", UnsupportedError),
    (400, "InvalidRequest", None, "The feature 'Caption' is not supported in this region.", UnsupportedError),
    (400, "InvalidRequest", "UnheardOf", "", InputError), (400, "BadArgument", None, "", InputError),
    (400, "InvalidRequestBody", None, "", InputError), (400, "InvalidImageSize", None, "", InputError),
    (400, "content_policy_violation", "ResponsibleAIPolicyViolation", "", RefusedError), (400, "contentFilter", None, "", RefusedError),
    (400, "content_filter", "ResponsibleAIPolicyViolation", "", RefusedError), (400, "OperationNotSupported", None, "", UnsupportedError),
    (400, "moderation_blocked", None, "", RefusedError), (401, "401", None, "wrong key", AuthError), (401, "Unspecified", None, "", AuthError),
    (401, "PermissionDenied", None, "", AuthError), (403, "InvalidRequest", "UnsupportedFeature", "missing approval", UnsupportedError),
    (403, "403", None, "Out of call volume quota. Quota will be replenished in 2 days.", QuotaError),
    (403, None, None, "Out of call volume quota.", QuotaError), (403, "Forbidden", None, "behind a firewall", AuthError),
    (403, "QuotaExceeded", None, "", QuotaError), (404, "404", None, "Resource not found", ConfigError), (404, "FaceNotFound", None, "", InputError),
    (404, "DeploymentNotFound", None, "", ConfigError), (404, "ResourceNotFound", None, "", ConfigError),
    (408, "OperationTimeOut", None, "", ProviderError), (409, "ConcurrentOperationConflict", None, "", ProviderError),
    (415, "UnsupportedMediaType", None, "", InputError), (429, "429", None, "", RateLimitError), (429, "TooManyRequests", None, "", RateLimitError),
    (429, "RateLimitExceeded", None, "", RateLimitError), (429, "insufficient_quota", None, "", QuotaError), (429, None, None, "", RateLimitError),
    (500, "InternalServerError", None, "", ProviderError), (500, "InternalError", None, "", ProviderError),
    (503, "ServerBusy", None, "", ProviderError), (503, "ServiceUnavailable", None, "", ProviderError), (504, "Timeout", None, "", ProviderError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "outer", "inner", "words", "kind"), TOLD)
def test_what_is_told_decides(
    status: int, outer: str | None, inner: str | None, words: str, kind: type[VisionError]
) -> None:
    said: dict[str, Any] = {"message": words}
    if outer:
        said["code"] = outer
    for name in ("innererror", "inner_error"):
        body = {"error": {**said, name: {"code": inner, "message": words}} if inner else said}
        error = refusal(status, body, {"apim-request-id": "one"})
        assert type(error) is kind
        assert (error.status, error.request_id) == (status, "one")
        assert error.code in (outer, inner)
        assert words.rstrip(".") in error.message


@pytest.mark.parametrize("place", [lambda said: {"error": said}, lambda said: said])
def test_a_wait_stands_in_the_words(place: Any) -> None:
    said = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 26 seconds."}
    assert refusal(429, place(said), {}).retry_after == 26
    assert refusal(429, place(said), {"retry-after": "7"}).retry_after == 7


def test_a_refusal_names_what_was_filtered() -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_results": FILTERED}
    error = refusal(400, {"error": {"code": "content_filter", "message": "no", "inner_error": inner}}, {})
    assert isinstance(error, RefusedError)
    assert "filtered for sexual" in error.message


@pytest.mark.parametrize(
    "said",
    [
        {"message": 5}, {"message": []}, {"code": {}}, {"code": []}, {"innererror": 5}, {"innererror": [5]}, {"innererror": {"code": {}}},
        {"innererror": {"content_filter_results": 5}}, {"inner_error": {"content_filter_result": {"hate": 5}}}, [], 5, None,
    ],
)  # fmt: skip
def test_a_broken_error_is_still_one(said: Any) -> None:
    assert type(refusal(400, {"error": said}, {})) is InputError
    assert type(refusal(400, said, {})) is InputError


ERRORS = [
    InputError("x"), UnsupportedError("x"), RefusedError("x"), AuthError("x"), QuotaError("x"), RateLimitError("x", retry_after=3),
    ProviderError("x"), InputError("x", code="FaceNotFound"), UnsupportedError("x", code="NotSupportedVisualFeature"),
    RefusedError("x", code="contentFilter"),
]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=[f"{type(error).__name__} {error.code}" for error in ERRORS])
def test_an_error_survives_being_told(error: VisionError) -> None:
    told = dialect.failure(Incoming("POST", dialect.ANALYZE), error)
    again = refusal(told.status, told.body, told.headers)
    assert type(again) is type(error)
    assert again.retry_after == error.retry_after
    assert told.headers["x-ms-error-code"] == told.body["error"]["code"]
    if error.code:
        assert again.code == error.code


def test_a_failure_told_with_success() -> None:
    vendor = Vendor()
    vendor.says(200, b'{"status": "failed", "error": {"code": "content_filter", "message": "no"}}')
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(RefusedError):
            run(provider(CaptionCall(image=IMAGE, question="What?")))
        provider.close()


@pytest.mark.parametrize("extra", [{"smartcrops-aspect-ratios": 5}, {"smartcrops-aspect-ratios": ["wide"]}])
def test_settings_that_cannot_be_sent(extra: dict[str, Any]) -> None:
    provider = PROVIDER.with_options(at("http://127.0.0.1:9"))
    with pytest.raises(InputError):
        run(provider(ClassifyCall(image=IMAGE, extra=extra)))
    provider.close()


def test_settings_that_microsofts_client_does_not_know() -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(DecodeError):
            run(provider(ClassifyCall(image=IMAGE, extra={"new": True, "model-version": "latest", "language": "ja"})))
        provider.close()
    path = vendor.asked[0][0]
    assert {"new=true", "model-version=latest", "language=ja", "features=tags"} <= set(
        path.partition("?")[2].split("&")
    )


WITHOUT = """
import sys
sys.modules.update({"azure.identity": None, "azure.ai.vision.imageanalysis": None})
from visionhub import registry
from visionhub.errors import ConfigError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.tasks import ClassifyCall, FacesCall
from visionhub.testing import pictures
image = Image(pictures.encoded(pictures.scene()))
for call, options in ((ClassifyCall(image=image), {"key": "k"}), (FacesCall(image=image), {})):
    try:
        run(registry.get("azure").with_options({"endpoint": "https://127.0.0.1:9", **options})(call))
    except ConfigError as error:
        assert "pip install 'visionhub[azure]'" in str(error), error
    else:
        raise AssertionError(options)
"""


def test_a_missing_client_says_how_to_install_it() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)


class Account:
    """Credentials whose token is fetched slowly, or not at all."""

    def __init__(self, trouble: Exception | None = None, seconds: float = 0.0, life: float = 3600) -> None:
        self.trouble, self.seconds, self.life = trouble, seconds, life
        self.fetched: list[dict[str, Any]] = []

    def get_token(self, *_: str, **options: Any) -> AccessToken:
        time.sleep(self.seconds)
        if self.trouble:
            raise self.trouble
        self.fetched.append(options)
        return AccessToken("fresh", int(time.time() + self.life))

    def close(self) -> None:
        """As credentials have it."""


def signed_in(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    monkeypatch.setattr("visionhub.providers.azure.credentials.found", lambda: account)
    for endpoint, key in wire.ENVIRONMENT.values():
        monkeypatch.delenv(endpoint, raising=False)
        monkeypatch.delenv(key, raising=False)


TROUBLES: list[tuple[Exception, type[VisionError]]] = [
    (ClientAuthenticationError("no"), AuthError), (CredentialUnavailableError("no"), AuthError), (ServiceRequestError("no"), TransportError),
    (RuntimeError("no"), AuthError),
]  # fmt: skip


@pytest.mark.parametrize(("trouble", "kind"), TROUBLES, ids=[type(trouble).__name__ for trouble, _ in TROUBLES])
@pytest.mark.parametrize("call", [ClassifyCall(image=IMAGE), FacesCall(image=IMAGE)], ids=["client", "http"])
def test_signing_in_fails(
    monkeypatch: pytest.MonkeyPatch, call: Any, trouble: Exception, kind: type[VisionError]
) -> None:
    signed_in(monkeypatch, Account(trouble))
    provider = PROVIDER.with_options({"endpoint": "https://127.0.0.1:9"})
    with pytest.raises(kind) as blocking:
        run(provider(call))
    with pytest.raises(kind):
        asyncio.run(arun(provider(call)))
    provider.close()
    assert blocking.value.hint


@pytest.mark.parametrize("call", [ClassifyCall(image=IMAGE), FacesCall(image=IMAGE)], ids=["client", "http"])
def test_a_token_is_sent_by_https_alone(monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    account = Account()
    signed_in(monkeypatch, account)
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options({"endpoint": url})
        with pytest.raises(ConfigError, match="https"):
            run(provider(call))
        with pytest.raises(ConfigError, match="https"):
            asyncio.run(arun(provider(call)))
        provider.close()
    assert not vendor.asked
    assert not account.fetched


def test_a_token_is_fetched_once_and_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(seconds=0.3)
    signed_in(monkeypatch, account)
    made = wire.AzureWire(wire.AzureOptions(endpoint="https://127.0.0.1:9"))
    operations = ("face/detect", "contentsafety/image:analyze", "openai/v1/responses", "imageanalysis:analyze")
    body = {"image": b"", "features": ["tags"]}

    async def ask() -> int:
        asked = asyncio.gather(
            *(made.asend(Request(name, body), 5) for name in operations for _ in range(2)), return_exceptions=True
        )
        beats = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            beats += 1
        assert {type(error) for error in await asked} == {TransportError}
        return beats

    assert asyncio.run(ask()) > 10
    made.close()
    assert len(account.fetched) == 1


def test_a_token_is_fetched_again_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    signed_in(monkeypatch, account)
    identity, ready = Identity(), []
    for account.life in (200, 3600, 3600):
        identity.get_token()
        ready.append(identity.is_ready)
    assert ready == [False, True, True]
    identity.get_token("scope", claims="more")
    assert [options.get("claims") for options in account.fetched] == [None, None, "more"]


def test_a_service_has_its_own_endpoint_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch, Account())
    options = wire.AzureOptions(endpoint="https://one/", key="first", face_endpoint="https://two", face_key="second")  # type: ignore[arg-type]
    assert (options.place("analysis"), options.secret("analysis")) == ("https://one", "first")
    assert (options.place("face"), options.secret("face")) == ("https://two", "second")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://three")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "third")
    assert options.secret("openai") == "first", "what is set goes before the environment's"
    bare = wire.AzureOptions()
    assert (bare.place("openai"), bare.secret("openai")) == ("https://three", "third")
    with pytest.raises(ConfigError, match="endpoint"):
        bare.place("analysis")


@pytest.mark.parametrize(
    ("call", "version", "path"),
    [
        (CaptionCall(image=IMAGE, question="What?"), "preview", "/openai/v1/responses?api-version=preview"),
        (CaptionCall(image=IMAGE, question="What?"), "2025-04-01", "/openai/responses?api-version=2025-04-01"),
        (GenerateCall(prompt="a", model="o/s"), None, "/openai/v1/images/generations"),
        (
            GenerateCall(prompt="a", model="ours"),
            "2025-04-01-preview",
            "/openai/deployments/ours/images/generations?api-version=2025-04-01-preview",
        ),
    ],
)
def test_versions_of_azure_openai(call: Any, version: str | None, path: str) -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options({**at(url), "openai_version": version})
        with pytest.raises(DecodeError):
            run(provider(call))
        provider.close()
    asked, headers, _ = vendor.asked[0]
    assert (asked, headers["api-key"]) == (path, SECRET)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"a": 1}', b'[{"faceRectangle": 5}]', b"[5]", b"5", b'[{"faceRectangle": {"width": 1, "height": 1}}]'],
)
def test_faces_of_another_shape_cannot_be_compared(body: bytes) -> None:
    vendor = Vendor()
    vendor.says(200, body)
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(DecodeError):
            run(provider(CompareCall(image=IMAGE, other=IMAGE)))
        provider.close()
