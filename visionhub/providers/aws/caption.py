"""A vision-language model on Bedrock, by the Converse API."""

from __future__ import annotations

from datetime import date

from visionhub.capability import Capability, Support, TokenPrice
from visionhub.errors import RefusedError
from visionhub.image import Image
from visionhub.kit import prompts
from visionhub.tasks import Caption, CaptionCall, Usage
from visionhub.wire import Request, Response

OPERATION = "bedrock-runtime.converse"
CAPABILITY = Capability(
    options={"question": Support.NATIVE, "language": Support.NATIVE},
    media_types=("image/png", "image/jpeg", "image/gif", "image/webp"),
    max_bytes=3_932_160,
    max_side=8_000,
    model="amazon.nova-pro-v1:0",
    tokens={
        "amazon.nova-pro-v1:0": TokenPrice(
            input_usd=0.8,
            output_usd=3.2,
            as_of=date(2026, 11, 22),
            source="https://aws.amazon.com/bedrock/pricing/",
            sure=False,
        )
    },
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
)
REFUSALS = {"content_filtered", "guardrail_intervened"}


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`."""
    kind = call.image.media_type.removeprefix("image/")
    content = [{"image": {"format": kind, "source": {"bytes": call.image.data}}}, {"text": prompts.question(call)}]
    body = {"modelId": call.model or CAPABILITY.model, "messages": [{"role": "user", "content": content}]}
    return Request(OPERATION, {**body, **call.extra})


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`."""
    body = response.body
    if body.get("stopReason") in REFUSALS:
        raise RefusedError(
            f"Bedrock refused: {body['stopReason']}.", code=body["stopReason"], request_id=response.request_id
        )
    parts = body["output"]["message"]["content"]
    text = "".join(part["text"] for part in parts if "text" in part).strip()
    model = call.model or CAPABILITY.model
    return Caption(text=text, question=call.question, model=model, usage=_usage(body.get("usage"), str(model)))


def _usage(said: dict[str, int] | None, model: str) -> Usage:
    price = CAPABILITY.tokens.get(model)
    if not said:
        return Usage()
    cost = price.cost(said["inputTokens"], said["outputTokens"]) if price else None
    return Usage(units=said["totalTokens"], cost_usd=cost)


def parse(request: Request) -> CaptionCall:
    """See `visionhub.codec`. The last message's picture and text count."""
    body = request.body
    content = body["messages"][-1]["content"]
    picture = next(part["image"]["source"]["bytes"] for part in content if "image" in part)
    text = " ".join(part["text"] for part in content if "text" in part)
    model = None if body["modelId"] == CAPABILITY.model else body["modelId"]
    extra = {name: value for name, value in body.items() if name not in ("modelId", "messages")}
    return CaptionCall(image=Image(picture), model=model, extra=extra, **prompts.understood(text))


def render(result: Caption, call: CaptionCall) -> Response:
    """See `visionhub.codec`. Tokens are not counted here: 0."""
    del call
    message = {"role": "assistant", "content": [{"text": result.text}]}
    usage = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    return Response(
        {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 0}}
    )
