"""Clarifai's codes, wherever they stand in an answer; and many inputs in one request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clouds.bodies import body, needed
from tests.clouds.clarifai.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import Hub, registry
from visionhub.config import Settings
from visionhub.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    InputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    UnsupportedError,
    VisionError,
)
from visionhub.flow import run
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.providers.clarifai.wire import BATCH_BYTES, ClarifaiWire, connect
from visionhub.tasks import ClassifyCall, Labels
from visionhub.testing import pictures
from visionhub.wire import Request

IMAGE = Image(pictures.encoded(pictures.scene(64, 48), "JPEG"), name="scene.jpg")
OK = {"code": 10000, "description": "Ok"}
CODES: dict[int, type[VisionError]] = {
    10040: UnsupportedError, 11001: AuthError, 11003: QuotaError, 11004: QuotaError, 11005: RateLimitError, 11007: AuthError,
    11009: AuthError, 11102: InputError, 21102: ConfigError, 21200: ConfigError, 21201: AuthError, 21202: InputError,
    21351: ProviderError, 21354: ProviderError, 21355: ProviderError, 25900: ConfigError, 30002: InputError, 30101: InputError,
    30106: InputError, 39997: ProviderError, 40001: InputError, 40031: ProviderError, 40032: ProviderError, 47104: InputError,
    98004: ProviderError, 98014: ProviderError, 99009: ProviderError, 69001: QuotaError,
}  # fmt: skip


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Vendor, Provider]]:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("clarifai").with_options(at(url))
        yield vendor, provider
        provider.close()


def asked(provider: Provider) -> Labels:
    return run(provider(ClassifyCall(image=IMAGE)))


@pytest.mark.parametrize("http", [200, 207, 400, 503])
@pytest.mark.parametrize("code", CODES)
def test_a_code_says_what_went_wrong(vendor: tuple[Vendor, Provider], code: int, http: int) -> None:
    status = {"code": code, "description": "No", "details": "because", "req_id": "abc"}
    whole = {"status": status, "outputs": []}
    one = {"status": {"code": 10020, "description": "Failure", "req_id": "abc"}, "outputs": [{"status": status}]}
    good = {"status": {**OK, "req_id": "abc"}, "outputs": [{"status": status}]}
    for answer in (whole, one, good) if http != 400 else (whole, one):
        vendor[0].says(http, json.dumps(answer).encode())
        if answer is good and http == 503:
            continue
        with pytest.raises(CODES[code]) as caught:
            asked(vendor[1])
        error = caught.value
        assert type(error) is CODES[code]
        assert (error.code, error.request_id) == (str(code), "abc")
        assert error.message == "The provider said: No: because."
        assert error.hint or type(error) is UnsupportedError


def test_a_code_that_is_new_counts_by_its_status(vendor: tuple[Vendor, Provider]) -> None:
    vendor[0].says(401, json.dumps({"status": {"code": 12345, "description": "No"}}).encode())
    with pytest.raises(AuthError):
        asked(vendor[1])
    vendor[0].says(200, json.dumps({"status": {"code": 12345, "description": "No"}}).encode())
    with pytest.raises(ProviderError):
        asked(vendor[1])


def test_a_partial_answer_is_one_with_a_warning(vendor: tuple[Vendor, Provider]) -> None:
    mixed = {"code": 10010, "description": "Mixed Success"}
    output = {"status": mixed, "data": {"concepts": [{"name": "cat", "value": 0.5}]}}
    vendor[0].says(207, json.dumps({"status": mixed, "outputs": [output]}).encode())
    result = asked(vendor[1])
    assert [label.name for label in result.labels] == ["cat"]
    assert [warning.code for warning in result.warnings] == ["answer_partial"]


@needed
def test_one_bad_input_loses_no_other(vendor: tuple[Vendor, Provider]) -> None:
    said = body("clarifai/errors/mixed-success-10010.json")
    vendor[0].says(200, json.dumps(said).encode())
    vendor[0].asked.clear()
    hub = Hub(vendor[1], settings=Settings(cache="off"))
    good, bad = hub.map([ClassifyCall(image=IMAGE), ClassifyCall(image=IMAGE)])
    assert len(vendor[0].asked) == 1
    assert len(json.loads(vendor[0].asked[0][2])["inputs"]) == 2
    assert isinstance(good, Labels)
    assert [label.name for label in good.labels] == ["people", "one"]
    assert isinstance(bad, InputError)
    assert bad.code == "30002"


def test_too_few_answers_are_not_given_to_the_wrong_questions(vendor: tuple[Vendor, Provider]) -> None:
    answer: dict[str, Any] = {"status": OK, "outputs": [{"status": OK, "data": {}}]}
    vendor[0].says(200, json.dumps(answer).encode())
    hub = Hub(vendor[1], settings=Settings(cache="off"))
    for result in hub.map([ClassifyCall(image=IMAGE)] * 2):
        assert isinstance(result, DecodeError)


def wire() -> ClarifaiWire:
    return connect({"pat": "abc"})


def request(size: int = 3, **told: Any) -> Request:
    return Request("models/a/outputs", {"inputs": [{"data": {"image": {"base64": b"x" * size}}}], **told})


def test_what_goes_out_together() -> None:
    one = request()
    assert wire().merge([one]) == one
    assert wire().fitting([one] * 3) == 3
    assert wire().fitting([one] * 200) == 128
    assert wire().fitting([one, request(model={"output_info": {}}), one]) == 1
    assert wire().fitting([request(BATCH_BYTES - 1), one, one]) == 1
    assert wire().fitting([request(BATCH_BYTES + 1)]) == 1
    assert len(wire().merge([one, one]).body["inputs"]) == 2


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLARIFAI_PAT", raising=False)
    with pytest.raises(ConfigError, match="token"):
        connect({})
    vendor = Vendor()
    with serving(vendor) as url:
        monkeypatch.setenv("CLARIFAI_PAT", "from-environment")
        monkeypatch.setenv("CLARIFAI_API_BASE", url)
        made = connect({"pat": "from-options"})
        made.send(request(), None)
        made.close()
    (path, headers, _) = vendor.asked[0]
    assert path == "/v2/models/a/outputs"
    assert headers["authorization"] == "Key from-options"


@pytest.mark.parametrize("name", ["a/b", "a//c", "a/b/c/d/e"])
def test_names_that_name_nothing(name: str) -> None:
    with pytest.raises(ConfigError, match="names no model"):
        run(registry.get("clarifai").with_options({"pat": "abc"})(ClassifyCall(image=IMAGE, model=name)))
