"""DetectLabels, which answers two tasks: its labels are `classify`, the instances of some of them `detect`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price, Support
from visionhub.image import Image
from visionhub.providers.aws import shares
from visionhub.tasks import ClassifyCall, DetectCall
from visionhub.wire import Request

OPERATION = "rekognition.detect_labels"
REKOGNITION = Price(
    usd=0.001,
    as_of=date(2026, 10, 7),
    source="https://aws.amazon.com/rekognition/pricing/ (us-east-1)",
    tiers={1_000_000: 0.0008, 5_000_000: 0.0006},
)
PICTURES: dict[str, Any] = {"media_types": ("image/jpeg", "image/png"), "max_bytes": 5_242_880, "min_side": 80}
CAPABILITY = Capability(
    options={"min_score": Support.NATIVE},
    max_side=10_000,
    model="rekognition",
    price=REKOGNITION,
    docs="https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html",
    **PICTURES,
)


def request(call: ClassifyCall | DetectCall, **more: Any) -> Request:
    """Left out, `min_score` is Rekognition's own 0.55."""
    body: dict[str, Any] = {"Image": {"Bytes": call.image.data}, **more}
    if call.min_score is not None:
        body["MinConfidence"] = shares.percent(call.min_score)
    return Request(OPERATION, {**body, **call.extra})


def asked(request: Request) -> dict[str, Any]:
    """The fields that both tasks' calls have."""
    body = request.body
    rest = {name: value for name, value in body.items() if name not in ("Image", "MinConfidence", "MaxLabels")}
    return {
        "image": Image(body["Image"]["Bytes"]),
        "min_score": shares.asked_score(body.get("MinConfidence")),
        "extra": rest,
    }


def parents(label: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the wider kinds, in AWS's order."""
    return tuple(parent["Name"] for parent in label.get("Parents", ()))


def label(name: str, score: float | None, above: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """One label in AWS's terms."""
    return {
        "Name": name, "Confidence": shares.percent(score), "Instances": [], "Parents": [{"Name": parent} for parent in above],
        "Aliases": [], "Categories": [], **more,
    }  # fmt: skip
