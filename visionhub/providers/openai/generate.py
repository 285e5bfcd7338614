"""GPT Image. DALL-E is gone since 2026-05-12, gpt-image-1 since 2026-10-23; its kin follow on 2026-12-01."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from visionhub.capability import Capability, Support, TokenPrice
from visionhub.kit import openai
from visionhub.kit.sizes import differing
from visionhub.providers.openai.errors import CODES
from visionhub.providers.openai.models import shut
from visionhub.tasks import GenerateCall, Images
from visionhub.wire import Request, Response

OPERATION = "/images/generations"
# Input is text here; pictures that are put out are counted in tokens. All these cost the same.
_PRICE = TokenPrice(
    input_usd=5, output_usd=30, as_of=date(2026, 11, 1), source="https://platform.openai.com/docs/pricing"
)
PRICES: Mapping[str, TokenPrice] = dict.fromkeys(
    ("gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare"), _PRICE
)  # fmt: skip
CAPABILITY = Capability(
    options={"size": Support.NATIVE, "count": Support.NATIVE},
    fields=("images.revised_prompt",),
    model="gpt-image-2",
    tokens=PRICES,
    docs="https://platform.openai.com/docs/api-reference/images/create",
)


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`. Sizes are multiples of 16, at most three times as long as short, up to 3840 x 2160."""
    return Request(OPERATION, openai.order(call.model or str(CAPABILITY.model), call))


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`. The answer does not name its model; if it does, a language model used its tool: its tokens are not all."""
    images, named = openai.pictures(response, CODES), response.body.get("model")
    model = named or call.model or CAPABILITY.model
    return images.about(
        model=model,
        usage=openai.usage(response, {} if named else PRICES, model),
        warnings=(*differing("openai", images.images, call), *shut(model)),
    )


def parse(request: Request) -> GenerateCall:
    """See `visionhub.codec`."""
    return openai.ordered(request.body, CAPABILITY.model)


def render(result: Images, call: GenerateCall) -> Response:
    """See `visionhub.codec`."""
    del call
    return openai.delivered(result)
