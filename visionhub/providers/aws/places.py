"""Where pictures go: the region of the address that boto3 resolves, as it does for a call."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from visionhub.providers.aws.wire import AwsOptions

HOST = re.compile(r"(?:^|\.)([a-z]{2,4}(?:-[a-z]+)+-\d)\.(?:vpce\.)?amazonaws\.(?:com|com\.cn|eu)$")
# London and Zurich are called eu-, and lie outside the European Union.
ELSEWHERE = {"eu-west-2": "uk", "eu-central-2": "ch"}
WIDE = {"eu": "eu", "eusc": "eu", "us": "us", "ca": "ca", "cn": "cn"}
BEDROCK = ("caption", "generate")


def located(options: Mapping[str, Any], task: str, model: str | None) -> tuple[str, ...]:
    """`("eu", "eu-west-1")`; nothing for an address of another kind, and for Bedrock's inference profiles, which span regions."""
    if importlib.util.find_spec("boto3") is None or (task in BEDROCK and _spans_regions(model or "")):
        return ()
    service = "bedrock-runtime" if task in BEDROCK else "textract" if model == "textract" else "rekognition"
    host = urlsplit(_address(AwsOptions.read("aws", options), service)).hostname or ""
    found = HOST.search(host)
    return named(found[1]) if found else ()


def named(region: str) -> tuple[str, ...]:
    """A region after the country or union it lies in, where its name says that."""
    wide = ELSEWHERE.get(region) or WIDE.get(region.partition("-")[0])
    return (wide, region) if wide else (region,)


def _spans_regions(model: str) -> bool:
    # A profile's name is a model's (`amazon.nova-pro-v1:0`) after the part of the world (`eu.`, `global.`), or an ARN.
    return model.startswith("arn:") or model.count(".") > 1


def _address(options: AwsOptions, service: str) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(region_name=options.region, profile_name=options.profile)
        # Any key will do, as none is used; to look for the real ones may take a connection.
        client = session.client(
            service,  # pyright: ignore[reportArgumentType]  # one of three
            endpoint_url=options.endpoints.get(service) or options.endpoint,
            aws_access_key_id="-",
            aws_secret_access_key="-",  # noqa: S106
        )
    except (BotoCoreError, ValueError):
        return ""
    client.close()
    return str(client.meta.endpoint_url)
