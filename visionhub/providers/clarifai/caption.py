"""A model that sees and writes: the picture and a question in, text out."""

from __future__ import annotations

from datetime import date

from visionhub.capability import Capability, Support, TokenPrice
from visionhub.kit import prompts
from visionhub.providers.clarifai import outputs
from visionhub.providers.clarifai.outputs import Output
from visionhub.tasks import Caption, CaptionCall, Usage
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"question": Support.NATIVE, "language": Support.NATIVE},
    **outputs.PICTURES,
    model="mm-poly-8b",
    tokens={
        "mm-poly-8b": TokenPrice(
            input_usd=0.66,
            output_usd=1.0,
            as_of=date(2026, 11, 23),
            source="https://mastra.ai/models/providers/clarifai",
            sure=False,
        )
    },
    docs="https://clarifai.com/clarifai/main/models/mm-poly-8b",
)


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`."""
    data = {**outputs.about(call.image), "text": {"raw": prompts.question(call)}}
    return outputs.request(call.model or str(CAPABILITY.model), data, params=call.extra)


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`."""
    output = outputs.answered(response)
    text = output.data["text"].get("raw", "") if "text" in output.data else output.data["string_value"]
    usage = _usage(output, call.model or str(CAPABILITY.model))
    return Caption(text=text.strip(), question=call.question, usage=usage, **output.common)


def _usage(output: Output, model: str) -> Usage:
    asked, written = (output.said.get(name, 0) for name in ("prompt_tokens", "completion_tokens"))
    if not asked + written:
        return Usage()
    price = CAPABILITY.tokens.get(model)
    return Usage(units=asked + written, cost_usd=price.cost(asked, written) if price else None)


def parse(request: Request) -> CaptionCall:
    """See `visionhub.codec`. Without a text, the picture is to be described."""
    raw = outputs.data(request).get("text", {}).get("raw") or prompts.DESCRIBE
    return CaptionCall(
        image=outputs.picture(request),
        model=outputs.model(request, CAPABILITY.model),
        extra=outputs.parameters(request),
        **prompts.understood(raw),
    )


def render(result: Caption, call: CaptionCall) -> Response:
    """See `visionhub.codec`."""
    text = {"raw": result.text, "text_info": {"encoding": "UnknownTextEnc"}}
    return outputs.answer({"text": text}, call.model, CAPABILITY.model)
