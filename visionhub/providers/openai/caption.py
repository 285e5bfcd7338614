"""A language model describes a picture, or answers a question about it."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.kit import openai, prompts
from visionhub.providers.openai.errors import CODES, refused
from visionhub.providers.openai.models import PRICES, RESPONSES, SEEING, shut
from visionhub.tasks import Caption, CaptionCall
from visionhub.wire import Request, Response

CAPABILITY = Capability(options={"question": Support.NATIVE, "language": Support.NATIVE}, **SEEING)


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`."""
    model = call.model or SEEING["model"]
    return Request(RESPONSES, openai.question(model, call.image.data, prompts.question(call), call.extra))


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`. Answers of Chat Completions are read as well; one that was cut off is told with a warning."""
    text = openai.text_of(response, refused, CODES).strip()
    model = response.body.get("model")
    return Caption(
        text=text,
        question=call.question,
        model=model,
        usage=openai.usage(response, PRICES, model),
        warnings=(*openai.cut(response), *shut(model)),
    )


def parse(request: Request) -> CaptionCall:
    """See `visionhub.codec`. A picture without words is to be described."""
    common, text = openai.asked(request.body, SEEING["model"])
    return CaptionCall(**common, **prompts.understood(text or prompts.DESCRIBE))


def render(result: Caption, call: CaptionCall) -> Response:
    """See `visionhub.codec`."""
    return openai.answer(result.text, call.model or SEEING["model"])
