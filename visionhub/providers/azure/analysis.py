"""Image Analysis 4.0: one picture, any number of features, each of them billed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import Price
from visionhub.image import Image
from visionhub.providers.azure import v3
from visionhub.wire import Request, Response

OPERATION = "imageanalysis:analyze"
_LIST = "https://azure.microsoft.com/pricing/details/cognitive-services/computer-vision/"
GROUP_1 = Price(
    usd=0.001, as_of=date(2026, 11, 22), source=_LIST, sure=False, tiers={1_000_000: 0.00065, 10_000_000: 0.0006}
)
GROUP_2 = Price(usd=0.0015, as_of=date(2026, 11, 22), source=_LIST, sure=False, tiers={1_000_000: 0.0006})
LIMITS: dict[str, Any] = {
    "media_types": ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp", "image/tiff"),
    "max_bytes": 20_971_519,
    "min_side": 50,
    "max_side": 16_000,
    # Microsoft asks to have a plan to move by 2026-09-25.
    "retires": date(2028, 9, 25),
    "docs": "https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/call-analyze-image-40",
}


def request(image: Image, features: list[str], extra: Mapping[str, Any]) -> Request:
    """`extra` are the query's other settings, by their own names; more `features` of it are added to these."""
    rest = {name: value for name, value in extra.items() if name != "features"}
    wanted = [*features, *(name for name in extra.get("features", ()) if name not in features)]
    return Request(OPERATION, {"image": image.data, "features": wanted, **rest})


def answer(response: Response) -> Mapping[str, Any]:
    """The body, in the terms of 4.0 whichever version told it."""
    return v3.renewed(response.body)


def asked(request: Request, *own: str) -> dict[str, Any]:
    """The fields that all calls have; features that are not the task's `own` are extra."""
    more = [name for name in request.body["features"] if name not in own]
    extra = {name: value for name, value in request.body.items() if name not in ("image", "features")}
    return {"image": Image(request.body["image"]), "extra": {**extra, **({"features": more} if more else {})}}
