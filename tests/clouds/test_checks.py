"""What `visionhub doctor` asks the vendors: nothing that is billed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.clouds.aws import test_suite as aws
from tests.clouds.azure import test_suite as azure
from tests.clouds.openai import test_suite as openai
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.cli.app import app
from visionhub.errors import AuthError, ConfigError
from visionhub.flow import run
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.tasks import CaptionCall, DetectCall
from visionhub.testing import pictures

IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/ada</Arn></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)


def checked(name: str, vendor: Vendor, at: Any) -> str:
    with serving(vendor) as url:
        provider = registry.get(name).with_options(at(url))
        wire: Any = provider.wire
        try:
            return str(wire.check(5.0))
        finally:
            provider.close()


def test_aws_says_who_one_is() -> None:
    vendor = Vendor()
    vendor.says(200, IDENTITY, content_type="text/xml")
    assert checked("aws", vendor, aws.at) == "signed in as user/ada, region eu-west-1"
    assert b"GetCallerIdentity" in vendor.asked[0][2]


def test_aws_in_a_region_without_rekognition() -> None:
    vendor = Vendor()
    vendor.says(200, IDENTITY, content_type="text/xml")
    with pytest.raises(ConfigError, match="eu-north-1"):
        checked("aws", vendor, lambda url: {**aws.at(url), "region": "eu-north-1"})


def test_openai_lists_its_models() -> None:
    vendor = Vendor()
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in ("a", "b")]
    vendor.says(200, json.dumps({"object": "list", "data": models}).encode())
    assert checked("openai", vendor, openai.at) == "the key is good, 2 models"
    assert vendor.asked[0][0] == "/v1/models"


def test_azure_refuses_an_empty_picture_of_who_has_a_good_key() -> None:
    vendor = Vendor()
    vendor.says(400, b'{"error": {"code": "InvalidRequest", "message": "empty"}}')
    assert checked("azure", vendor, azure.at).startswith("the key is good")
    vendor.says(401, b'{"error": {"code": "401", "message": "Access denied"}}')
    with pytest.raises(AuthError):
        checked("azure", vendor, azure.at)


def test_a_key_of_google_is_not_tried() -> None:
    wire: Any = registry.get("google").with_options({"api_key": "secret-key"}).wire
    assert wire.check(1.0) == "a key is set, not tried"


def test_doctor_checks_what_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor()
    vendor.says(401, b'{"error": {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-abc"}}')
    with serving(vendor) as url:
        monkeypatch.setenv("VISIONHUB_PROVIDERS__OPENAI__BASE_URL", f"{url}/v1")
        monkeypatch.setenv("VISIONHUB_PROVIDERS__OPENAI__API_KEY", "sk-secret")
        shown = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200"})
    assert "Incorrect API key" in shown.output
    assert "sk-" not in shown.output
    assert len(vendor.asked) == 1


def test_tokens_without_a_known_price_cost_nobody_knows_what() -> None:
    answer = {
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a cat"}]}],
        "usage": {"input_tokens": 1300, "output_tokens": 9, "total_tokens": 1309}, "model": "ours",
    }  # fmt: skip
    vendor = Vendor()
    vendor.says(200, json.dumps(answer).encode())
    with serving(vendor) as url:
        provider = registry.get("azure").with_options(azure.at(url))
        call = CaptionCall(image=Image(pictures.encoded(pictures.scene())), question="What is it?")
        result = run(provider(call))
        provider.close()
    assert (result.usage.units, result.usage.cost_usd) == (1309, None)


@pytest.mark.parametrize(
    ("name", "cost"), [("google", 0.00225), ("aws", 0.001), ("azure", 0.001), ("openai", None), ("api4ai", None)]
)
def test_an_estimate_is_the_price_of_the_first_tier(name: str, cost: float | None) -> None:
    call = DetectCall(image=Image(pictures.encoded(pictures.scene())))
    with Hub() as hub:
        assert hub.estimate(call, name) == cost
