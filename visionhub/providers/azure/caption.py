"""A sentence by Image Analysis; an answer to a question, or one in another language, by a model of Azure OpenAI."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.kit import openai, prompts
from visionhub.providers.azure import analysis, pixels
from visionhub.providers.azure.errors import refused
from visionhub.tasks import Caption, CaptionCall, Usage
from visionhub.tasks.caption import Region
from visionhub.wire import Request, Response

FEATURE, DENSE = "caption", "denseCaptions"
RESPONSES = "openai/v1/responses"
# A deployment is called what its owner calls it: usually as its model.
DEPLOYMENT = "gpt-5.6-luna"
CAPABILITY = Capability(
    options={"question": Support.NATIVE, "language": Support.NATIVE},
    model="image-analysis-4.0",
    price=analysis.GROUP_2,
    fields=("score", "regions"),
    **analysis.LIMITS,
)


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`. Image Analysis is asked only where nothing but an English sentence is wanted, and no model named."""
    if call.question or call.language or call.model:
        model = call.model or DEPLOYMENT
        return Request(RESPONSES, openai.question(model, call.image.data, prompts.question(call), call.extra))
    return analysis.request(call.image, [FEATURE], call.extra)


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`. `regions` are the dense captions, if `extra={"features": ["denseCaptions"]}` asks for them."""
    body = response.body
    if "output" in body or "choices" in body:
        text = openai.text_of(response, refused).strip()
        used = openai.usage(response, {}, None)
        # None of them has a price that is known here, and Image Analysis's is another.
        known = {"model": body.get("model"), "usage": used, "warnings": openai.cut(response)}
        return Caption(text=text, question=call.question, **known)
    size = pixels.size(response, call)
    regions = tuple(
        Region(text=said["text"], score=said["confidence"], box=pixels.box(said["boundingBox"], *size))
        for said in body.get(f"{DENSE}Result", {"values": ()})["values"]
    )
    said = body[f"{FEATURE}Result"]
    billed = sum(f"{name}Result" in body for name in (FEATURE, DENSE))
    usage = Usage(units=billed, cost_usd=CAPABILITY.cost(call, billed))
    return Caption(
        text=said["text"], score=said["confidence"], regions=regions, model=body.get("modelVersion"), usage=usage
    )


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
    if call.question or call.language or call.model:
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
