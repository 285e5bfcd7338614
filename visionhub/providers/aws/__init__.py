"""AWS: Rekognition and Textract for what is to be seen and read, Bedrock for captions and new pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.provider import Provider
from visionhub.wire import Wire


def _connect(options: Mapping[str, Any]) -> Wire:
    from visionhub.providers.aws.wire import AwsOptions, AwsWire

    return AwsWire(AwsOptions.read("aws", options))


def _located(options: Mapping[str, Any], task: str, model: str | None) -> tuple[str, ...]:
    from visionhub.providers.aws.places import located

    return located(options, task, model)


PROVIDER = Provider(
    name="aws",
    title="AWS (Rekognition, Textract, Bedrock)",
    package=__name__,
    connect=_connect,
    located=_located,
    absent={
        "embed": "visionhub does not ask AWS for vectors yet: local gives them.",
    },
)
