"""OpenAI's models: which is asked, until when, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from visionhub.capability import TokenPrice
from visionhub.kit.openai import of_model
from visionhub.tasks import Warning

RESPONSES = "/responses"
_LIST = "third-party list of OpenAI's prices"


def _price(input_usd: float, output_usd: float) -> TokenPrice:
    return TokenPrice(input_usd=input_usd, output_usd=output_usd, as_of=date(2026, 8, 1), source=_LIST, sure=False)


PRICES: Mapping[str, TokenPrice] = {
    "gpt-5.6-luna": _price(0.2, 1.2), "gpt-5.4-mini": _price(0.75, 4.5), "gpt-5.6-terra": _price(2, 12), "gpt-5.6-sol": _price(5, 30),
}  # fmt: skip
# https://platform.openai.com/docs/deprecations; of gpt-4o and gpt-4.1 from a third party, 2026-10.
SHUT: Mapping[str, date] = {
    "dall-e-2": date(2026, 5, 12), "dall-e-3": date(2026, 5, 12), "gpt-image-1": date(2026, 10, 23),
    "gpt-image-1-mini": date(2026, 12, 1), "gpt-image-1.5": date(2026, 12, 1), "chatgpt-image-latest": date(2026, 12, 1),
    "gpt-5": date(2026, 12, 11), "gpt-5-mini": date(2026, 12, 11), "gpt-5-nano": date(2026, 12, 11),
    "gpt-4o": date(2027, 1, 14), "gpt-4o-mini": date(2027, 1, 14), "gpt-4.1": date(2027, 1, 14), "gpt-4.1-mini": date(2027, 1, 14),
}  # fmt: skip
# The usual model is one whose end is not known to be set.
SEEING: dict[str, Any] = {
    "media_types": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "max_bytes": 37_000_000,
    "model": "gpt-5.6-luna",
    "tokens": PRICES,
    "docs": "https://platform.openai.com/docs/guides/images-vision",
}


def shut(model: str | None) -> tuple[Warning, ...]:
    """A warning, if the end of a model is set."""
    day = of_model(SHUT, model)
    return (Warning(code="model_retires", message=f"openai shuts {model} down on {day}."),) if day else ()
