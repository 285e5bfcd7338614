"""OpenAI's words for what went wrong; what may come from any vendor is in `test_suite`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clouds.openai.test_suite import SECRET, at
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
    RefusedError,
    VisionError,
)
from visionhub.flow import arun, run
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.providers.openai.errors import refusal
from visionhub.providers.openai.wire import OpenAiOptions, OpenAiWire
from visionhub.tasks import CaptionCall, GenerateCall
from visionhub.testing import pictures
from visionhub.wire import Request

CALL = CaptionCall(image=Image(pictures.encoded(pictures.scene(64, 48), "JPEG"), name="scene.jpg"))
BAD, USER = "invalid_request_error", "image_generation_user_error"
# HTTP status, type, code: what it is.
TOLD: list[tuple[int, str | None, str | None, type[VisionError]]] = [
    (400, BAD, None, InputError), (400, BAD, "invalid_image_format", InputError), (400, BAD, "invalid_image_url", InputError),
    (400, BAD, "unknown_parameter", InputError), (400, BAD, "context_length_exceeded", InputError),
    (400, BAD, "unheard_of", InputError), (400, USER, "moderation_blocked", RefusedError), (400, BAD, "content_policy_violation", RefusedError),
    (400, BAD, "invalid_prompt", RefusedError), (400, USER, "invalid_image_file", InputError), (400, BAD, "model_not_found", ConfigError),
    (400, BAD, "billing_hard_limit_reached", QuotaError), (401, BAD, "invalid_api_key", AuthError), (401, BAD, None, AuthError),
    (402, None, None, QuotaError), (403, "request_forbidden", "unsupported_country_region_territory", AuthError),
    (403, BAD, "model_not_found", ConfigError), (404, BAD, "model_not_found", ConfigError), (404, None, None, ConfigError),
    (408, None, None, ProviderError), (409, None, None, ProviderError), (413, None, None, InputError), (415, None, None, InputError),
    (422, None, None, InputError), (429, "requests", "rate_limit_exceeded", RateLimitError), (429, "tokens", None, RateLimitError),
    (429, "insufficient_quota", "insufficient_quota", QuotaError), (429, "insufficient_quota", None, QuotaError),
    (429, BAD, "billing_not_active", QuotaError), (500, "server_error", None, ProviderError), (503, "server_error", None, ProviderError),
    (503, None, "slow_down", RateLimitError), (504, None, None, ProviderError), (599, None, "unheard_of", ProviderError),
]  # fmt: skip


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Vendor, Provider]]:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("openai").with_options(at(url))
        yield vendor, provider
        provider.close()


def faults(provider: Provider, call: Any = CALL) -> list[VisionError]:
    """The errors that come out, blocking and async."""
    with pytest.raises(VisionError) as blocking:
        run(provider(call))
    with pytest.raises(VisionError) as awaited:
        asyncio.run(arun(provider(call)))
    return [blocking.value, awaited.value]


@pytest.mark.parametrize(("status", "kind", "code", "error"), TOLD)
def test_what_is_told_decides(
    vendor: tuple[Vendor, Provider], status: int, kind: str | None, code: str | None, error: type[VisionError]
) -> None:
    said = {"error": {"message": "as asked", "type": kind, "param": None, "code": code}}
    vendor[0].says(status, json.dumps(said).encode(), x_request_id="req_7")
    for found in faults(vendor[1]):
        assert type(found) is error
        assert (found.status, found.request_id, found.message) == (status, "req_7", "The provider said: as asked.")
        assert found.code in (code, kind)
        assert (found.retryable, found.elsewhere) == (error.retryable, error.elsewhere)
        assert found.hint or error is RefusedError
    # SDK's own tries are off.
    assert len(vendor[0].asked) == 2
    vendor[0].asked.clear()


@pytest.mark.parametrize(
    ("headers", "words", "seconds"),
    [
        ({"retry_after_ms": "250", "retry_after": "9"}, "", 0.25), ({"retry_after": "9"}, "Please try again in 1s.", 9),
        ({}, "Please try again in 20ms.", 0.02), ({}, "Please try again in 1.25s. Visit us.", 1.25), ({}, "Please try again in 6m0s.", 360),
        ({}, "Please try again in 1h2m3s.", 3723), ({}, "Please try again in a while.", None), ({}, "Please try again in 1.2.3s", None),
        ({}, "", None),
    ],
)  # fmt: skip
def test_the_wait_that_is_told_is_kept(headers: dict[str, str], words: str, seconds: float | None) -> None:
    body = {"error": {"message": words, "type": "requests", "code": "rate_limit_exceeded"}}
    error = refusal(429, body, {name.replace("_", "-"): value for name, value in headers.items()})
    assert error.retry_after == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "said",
    [
        {"code": {}}, {"code": []}, {"type": []}, {"message": 5}, {"code": 1.5}, {"code": True}, {"code": 429}, [], 5, None, "no"
    ],
)  # fmt: skip
def test_a_broken_error_is_still_one(vendor: tuple[Vendor, Provider], said: Any) -> None:
    vendor[0].says(400, json.dumps({"error": said}).encode())
    assert [type(found) for found in faults(vendor[1])] == [InputError, InputError]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"error": {"message": "m", "type": "server_error", "code": None}}, ProviderError),
        ({"error": {"message": "m", "type": "x", "code": "insufficient_quota"}}, QuotaError),
        ({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "m"}}, RateLimitError),
        ({"error": "no"}, DecodeError), ({"output": 5}, DecodeError), ({"output": [{"type": "message"}]}, DecodeError),
        ({"choices": []}, DecodeError), ([], DecodeError), (None, DecodeError), ("words", DecodeError), ({"output": []}, DecodeError),
    ],
)  # fmt: skip
def test_success_that_is_none(vendor: tuple[Vendor, Provider], answer: Any, kind: type[VisionError]) -> None:
    vendor[0].says(200, json.dumps(answer).encode(), x_request_id="req_7")
    for found in faults(vendor[1]):
        assert type(found) is kind
        assert found.request_id == "req_7"


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"data": [{"b64_json": "####"}]}', b'{"data": [{"b64_json": "AAAA"}]}', b'{"data": []}'])  # fmt: skip
def test_no_picture(vendor: tuple[Vendor, Provider], content: bytes) -> None:
    vendor[0].says(200, content)
    assert [type(found) for found in faults(vendor[1], GenerateCall(prompt="a"))] == [DecodeError, DecodeError]


@pytest.mark.parametrize("extra", [{"user": object()}, {"user": "\ud800"}, {"metadata": {1, 2}}])
def test_what_cannot_be_written(vendor: tuple[Vendor, Provider], extra: Any) -> None:
    vendor[0].says(200, b"{}")
    found = faults(vendor[1], GenerateCall(prompt="a", extra=extra))
    assert [type(one) for one in found] == [InputError, InputError]


def test_a_key_that_no_header_holds(vendor: tuple[Vendor, Provider]) -> None:
    provider = vendor[1].with_options({**vendor[1].options, "api_key": "schlüssel"})
    for found in faults(provider):
        assert isinstance(found, InputError)
        assert "schlüssel" not in f"{found!r} {found.__dict__}"
    provider.close()


def test_a_key_is_never_shown(vendor: tuple[Vendor, Provider]) -> None:
    said = {"error": {"message": f"Incorrect API key provided: {SECRET}.", "type": BAD, "code": "invalid_api_key"}}
    vendor[0].says(401, json.dumps(said).encode())
    for found in faults(vendor[1]):
        assert isinstance(found, AuthError)
        assert SECRET not in f"{found!r} {found} {found.__dict__}"


def test_whose_key_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(**options: Any) -> str | None:
        return OpenAiOptions.read("openai", options).key

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert key() is None
    assert key(api_key="set") == "set"
    monkeypatch.setenv("OPENAI_API_KEY", "environment")
    assert key() == "environment"
    assert key(api_key="set") == "set"


def test_organization_and_project_are_sent(vendor: tuple[Vendor, Provider]) -> None:
    vendor[0].asked.clear()
    made = OpenAiWire(OpenAiOptions.read("openai", {**vendor[1].options, "organization": "org-1", "project": "proj_1"}))
    vendor[0].says(200, b"{}", x_request_id="req_7")
    answer = made.send(Request("/responses", {"model": "m"}), 5.0)
    made.close()
    assert (answer.request_id, answer.status, answer.body) == ("req_7", 200, {})
    (path, headers, body) = vendor[0].asked[0]
    assert (path, json.loads(body)) == ("/v1/responses", {"model": "m"})
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj_1")
    assert headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("options", [{"base_url": "vendor.invalid"}, {"api_kee": "x"}, {"timeout": 0}])
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="options of the provider openai are wrong"):
        run(registry.get("openai").with_options({"api_key": "x", **options})(CALL))


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="no key") as caught:
        run(registry.get("openai")(CALL))
    assert "OPENAI_API_KEY" in str(caught.value.hint)


WITHOUT = """
import sys
sys.modules.update({"openai": None, "httpx2": None})
from visionhub import registry
from visionhub.errors import ConfigError
from visionhub.flow import run
from visionhub.tasks import GenerateCall
try:
    run(registry.get("openai").with_options({"api_key": "k"})(GenerateCall(prompt="a")))
except ConfigError as error:
    assert "pip install 'visionhub[openai]'" in str(error), error
else:
    raise AssertionError
"""


def test_a_missing_client_says_how_to_install_it() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)
