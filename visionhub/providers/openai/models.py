"""OpenAI's models that see: which is asked, until when, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import TokenPrice

RESPONSES = "/responses"
_LIST = "third-party list of OpenAI's prices"


def _price(input_usd: float, output_usd: float) -> TokenPrice:
    return TokenPrice(input_usd=input_usd, output_usd=output_usd, as_of=date(2026, 8, 1), source=_LIST, sure=False)


PRICES: Mapping[str, TokenPrice] = {
    "gpt-5.6-luna": _price(0.2, 1.2), "gpt-5.4-mini": _price(0.75, 4.5), "gpt-5.6-terra": _price(2, 12), "gpt-5.6-sol": _price(5, 30),
}  # fmt: skip
# No date of its end is known. Those before it: gpt-5 and its kin 2026-12-11, gpt-4o and gpt-4.1 2027-01-14.
SEEING: dict[str, Any] = {
    "media_types": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "max_bytes": 37_000_000,
    "model": "gpt-5.6-luna",
    "tokens": PRICES,
    "docs": "https://platform.openai.com/docs/guides/images-vision",
}
