"""What Azure OpenAI's models cost where a deployment, or the answer, is called as its model: the list of OpenAI, as far as is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from visionhub.capability import TokenPrice

LIST = "https://azure.microsoft.com/pricing/details/cognitive-services/openai-service/"


def _price(input_usd: float, output_usd: float) -> TokenPrice:
    return TokenPrice(input_usd=input_usd, output_usd=output_usd, as_of=date(2026, 8, 1), source=LIST, sure=False)


SEEING: Mapping[str, TokenPrice] = {
    "gpt-5.6-luna": _price(0.2, 1.2), "gpt-5.4-mini": _price(0.75, 4.5), "gpt-5.6-terra": _price(2, 12), "gpt-5.6-sol": _price(5, 30),
}  # fmt: skip
DRAWING: Mapping[str, TokenPrice] = {"gpt-image-2": _price(5, 30)}
