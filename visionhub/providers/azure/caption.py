"""A sentence by Image Analysis; an answer to a question, or one in another language, by a model of Azure OpenAI."""

from __future__ import annotations

from typing import Any

from visionhub.capability import Capability, Support
from visionhub.kit import openai, prompts
from visionhub.providers.azure import analysis, pixels, prices
from visionhub.providers.azure.errors import CODES, refused
from visionhub.tasks import Call, Caption, CaptionCall, Usage
from visionhub.tasks.caption import Region
from visionhub.wire import Request, Response

FEATURE, DENSE = "caption", "denseCaptions"
RESPONSES = "openai/v1/responses"
# A deployment is called what its owner calls it: usually as its model.
DEPLOYMENT = "gpt-5.6-luna"


def is_for_a_model(call: CaptionCall) -> bool:
    """Whether a language model has to answer: Image Analysis knows but an English sentence."""
    return bool(call.question or call.language or call.model)


class _Capability(Capability):
    """Image Analysis has a price a feature; what a model's tokens cost is known but from its answer."""

    def cost(self, call: Call[Any], units: int | None = None) -> float | None:
        if isinstance(call, CaptionCall) and is_for_a_model(call):
            return None
        asked = 1 + (DENSE in call.extra.get("features", ()))
        return super().cost(call, asked if units is None else units)


CAPABILITY = _Capability(
    options={"question": Support.NATIVE, "language": Support.NATIVE},
    model="image-analysis-4.0",
    price=analysis.GROUP_2,
    tokens=prices.SEEING,
    fields=("score", "regions"),
    **analysis.LIMITS,
)


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`. Image Analysis is asked only where nothing but an English sentence is wanted, and no model named."""
    if is_for_a_model(call):
        model = call.model or DEPLOYMENT
        return Request(RESPONSES, openai.question(model, call.image.data, prompts.question(call), call.extra))
    return analysis.request(call.image, [FEATURE], call.extra)


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`. `regions` are the dense captions, if `extra={"features": ["denseCaptions"]}` asks for them."""
    body = analysis.answer(response)
    if is_for_a_model(call) or "output" in body or "choices" in body:
        text, model = openai.text_of(response, refused, CODES).strip(), body.get("model")
        used = openai.usage(response, prices.SEEING, model)
        return Caption(text=text, question=call.question, model=model, usage=used, warnings=openai.cut(response))
    size = pixels.size(body, call)
    regions = tuple(
        Region(text=said["text"], score=said["confidence"], box=pixels.box(said["boundingBox"], *size))
        for said in body.get(f"{DENSE}Result", {"values": ()})["values"]
    )
    said = body[f"{FEATURE}Result"]
    billed = sum(f"{name}Result" in body for name in (FEATURE, DENSE))
    usage = Usage(units=billed, cost_usd=CAPABILITY.cost(call, billed))
    return Caption(
        text=said["text"], score=said["confidence"], tags=tuple(said.get("tags", ())), regions=regions, usage=usage,
        model=body.get("modelVersion"),
    )  # fmt: skip


def parse(request: Request) -> CaptionCall:
    """See `visionhub.codec`."""
    if request.operation != RESPONSES:
        return CaptionCall(**analysis.asked(request, FEATURE))
    common, text = openai.asked(request.body, None)
    known = prompts.understood(text)
    # The usual deployment is not named, unless nothing else would lead to it.
    if common["model"] == DEPLOYMENT and (known["question"] or known["language"]):
        common["model"] = None
    return CaptionCall(**common, **known)


def render(result: Caption, call: CaptionCall) -> Response:
    """See `visionhub.codec`."""
    if is_for_a_model(call):
        return openai.answer(result.text, call.model or DEPLOYMENT)
    size = call.image.width, call.image.height
    score = 1.0 if result.score is None else result.score
    values = [
        {
            "text": region.text,
            "confidence": 1.0 if region.score is None else region.score,
            "boundingBox": pixels.rectangle(region.box, *size),
        }
        for region in result.regions
    ]
    dense = {f"{DENSE}Result": {"values": values}} if DENSE in call.extra.get("features", ()) else {}
    return Response(
        {**pixels.metadata(call.image), f"{FEATURE}Result": {"text": result.text, "confidence": score}, **dense}
    )
