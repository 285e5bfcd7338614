"""Privacy policies: what they may say, and whom they let answer."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.layers.conftest import picture
from visionhub import registry
from visionhub.errors import ConfigError
from visionhub.handler import Layered
from visionhub.layers.fit import Fit
from visionhub.privacy import PrivacyPolicy, refusal
from visionhub.providers.aws import places as aws
from visionhub.providers.google import places as google
from visionhub.tasks import CaptionCall, ClassifyCall, CompareCall, DetectCall, FacesCall, GenerateCall, OcrCall
from visionhub.testing import FakeProvider

IMAGE = picture(8, 8)
HERE, REMOTE = FakeProvider(name="local"), FakeProvider(name="acme", is_remote=True)
CLASSIFY = ClassifyCall(image=IMAGE)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_names_are_plain_and_each_counts_once() -> None:
    policy = PrivacyPolicy(mask=("Faces", " text ", "faces", "Cell Phone"), region="EU")
    assert policy.mask == ("faces", "text", "cell phone")
    assert policy.region == "eu"
    assert policy.needs_eyes
    assert not PrivacyPolicy(region="eu").needs_eyes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mask": ("face",)}, "did you mean 'faces'"),
        ({"mask": ("",)}, "empty"),
        ({"mask": ("faces",), "crop_to": "faces"}, "choose one"),
        ({"biometrics": "sometimes"}, "never"),
        ({"masks": ("faces",)}, "masks"),
    ],
)
def test_nonsense_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        PrivacyPolicy(**options)


@pytest.mark.parametrize(
    ("policy", "tasks"),
    [
        (PrivacyPolicy(mask=("faces",)), {"faces", "compare"}),
        (PrivacyPolicy(mask=("text",)), {"ocr"}),
        (PrivacyPolicy(biometrics="never"), {"compare"}),
        (PrivacyPolicy(crop_to="faces", region="eu", biometrics="local"), set()),
    ],
)
def test_a_policy_that_leaves_nothing_of_a_task_is_refused_when_the_route_is_made(
    policy: PrivacyPolicy, tasks: set[str]
) -> None:
    for task in ("classify", "detect", "ocr", "faces", "compare", "moderate", "caption", "generate"):
        if task in tasks:
            with pytest.raises(ConfigError, match=task):
                policy.check(task)
        else:
            policy.check(task)


def test_what_is_masked_is_not_asked_about_elsewhere() -> None:
    for kind, call in (
        ("faces", FacesCall(image=IMAGE)),
        ("text", OcrCall(image=IMAGE)),
        ("person", DetectCall(image=IMAGE, labels=("cat", "Person"))),
    ):
        policy = PrivacyPolicy(mask=(kind,))
        reason = refusal(policy, call, REMOTE)
        assert reason
        assert f"masks {kind}" in reason
        assert refusal(policy, call, HERE) is None
        assert refusal(policy, CLASSIFY, REMOTE) is None


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (CompareCall(image=IMAGE, other=IMAGE), True),
        (FacesCall(image=IMAGE, embedding=True), True),
        (FacesCall(image=IMAGE, attributes=("age",)), True),
        (FacesCall(image=IMAGE, extra={"Attributes": ["ALL"]}), True),
        (FacesCall(image=IMAGE), False),
        (DetectCall(image=IMAGE, labels=("person",)), False),
    ],
)
def test_biometrics(call: Any, counts: bool) -> None:
    for kind, here, remote in (("allow", False, False), ("local", False, counts), ("never", counts, counts)):
        policy = PrivacyPolicy(biometrics=kind)  # type: ignore[arg-type]  # one of three
        assert bool(refusal(policy, call, HERE)) == here
        assert bool(refusal(policy, call, REMOTE)) == remote


def test_a_region_that_is_not_known_is_outside() -> None:
    policy = PrivacyPolicy(region="eu")
    here, there = (FakeProvider(name="acme", is_remote=True, region=region) for region in ("eu", "us"))
    assert refusal(policy, CLASSIFY, HERE) is None
    assert refusal(policy, CLASSIFY, here) is None
    assert refusal(policy, CLASSIFY, Layered(Fit(), here)) is None
    assert "data_region" in (refusal(policy, CLASSIFY, REMOTE) or "")
    assert (refusal(policy, CLASSIFY, there) or "").endswith("acme sends them to us.")
    assert refusal(policy, GenerateCall(prompt="a face"), there)


@pytest.mark.parametrize(
    ("name", "options", "places"),
    [
        ("aws", {"region": "eu-west-1"}, ("eu", "eu-west-1")),
        ("aws", {"region": "us-east-1", "data_region": "eu"}, ("us", "us-east-1")),
        ("aws", {"region": "eu-west-2"}, ("uk", "eu-west-2")),
        ("aws", {"region": "eu-west-1", "endpoint": "https://rekognition.us-east-1.amazonaws.com"}, ("us", "us-east-1")),
        ("aws", {"region": "eu-west-1", "endpoint": "https://vpce-1.rekognition.eu-west-1.vpce.amazonaws.com"}, ("eu", "eu-west-1")),
        ("aws", {"region": "eu-west-1", "endpoint": "https://eu-west-1.amazonaws.com.example"}, ()),
        ("aws", {"region": "eu-west-1", "endpoint": "https://proxy.example", "data_region": "EU"}, ("eu",)),
        ("aws", {}, ()),
        ("google", {}, ()),
        ("google", {"endpoint": "eu-vision.googleapis.com"}, ("eu",)),
        ("google", {"endpoint": "https://us-vision.googleapis.com/"}, ("us",)),
        ("google", {"endpoint": "eu-vision.googleapis.com.example"}, ()),
        ("openai", {"base_url": "https://eu.api.openai.com/v1"}, ("eu",)),
        ("openai", {}, ()),
        ("azure", {"endpoint": "https://acme.cognitiveservices.azure.com"}, ()),
        ("azure", {"endpoint": "https://acme.cognitiveservices.azure.com", "data_region": "eu"}, ("eu",)),
        ("clarifai", {"data_region": " "}, ()),
        ("api4ai", {"data_region": "us"}, ("us",)),
    ],
)  # fmt: skip
def test_where_pictures_go(name: str, options: dict[str, Any], places: tuple[str, ...]) -> None:
    assert registry.get(name).with_options(options).places(CLASSIFY) == places


@pytest.mark.parametrize(
    ("name", "options", "model", "places"),
    [
        ("aws", {"region": "eu-west-1"}, "amazon.nova-pro-v1:0", ("eu", "eu-west-1")),
        ("aws", {"region": "eu-west-1"}, "global.anthropic.claude-sonnet-4-v1:0", ()),
        ("aws", {"region": "eu-west-1", "models": {"caption": "us.amazon.nova-pro-v1:0"}}, None, ()),
        ("aws", {"region": "eu-west-1"}, "arn:aws:bedrock:eu-west-1:1:inference-profile/x", ()),
        ("google", {"endpoint": "eu-vision.googleapis.com"}, None, ()),
        ("google", {"project": "p", "location": "europe-west4"}, None, ("eu", "europe-west4")),
        ("google", {"project": "p", "location": "europe-west6"}, None, ("ch", "europe-west6")),
        ("google", {"project": "p"}, None, ()),
        ("google", {"location": "europe-west4"}, None, ()),
    ],
)
def test_where_pictures_of_other_services_go(
    name: str, options: dict[str, Any], model: str | None, places: tuple[str, ...]
) -> None:
    provider = registry.get(name).with_options(options)
    assert provider.places(CaptionCall(image=IMAGE, model=model)) == places


def test_the_environment_counts_as_it_does_for_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    provider = registry.get("aws").with_options({})
    assert provider.places(CLASSIFY) == ("eu", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_REKOGNITION", "https://proxy.example")
    assert provider.places(CLASSIFY) == ("eu", "eu-central-1"), "as the connection, until it is closed"
    provider.close()
    assert provider.places(CLASSIFY) == ()


def test_regions_outside_of_the_union_are_not_called_eu() -> None:
    assert [aws.named(name)[0] for name in ("eu-north-1", "eusc-de-east-1", "eu-central-2", "ap-south-1")] == [
        "eu", "eu", "ch", "ap-south-1",
    ]  # fmt: skip
    assert google.named("europe-west2")[0] == "uk"


def test_every_vendor_takes_the_word_for_its_region() -> None:
    for name in registry.names():
        provider = registry.get(name).with_options({"data_region": "eu"})
        if provider.is_remote:
            assert "eu" in provider.places(CLASSIFY)


def test_a_policy_is_plain_data() -> None:
    policy = PrivacyPolicy(mask=("faces",), region="eu")
    assert PrivacyPolicy.model_validate(policy.model_dump()) == policy
