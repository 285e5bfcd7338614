"""A model on PyTorch describes a picture, or answers a question about it."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.errors import InputError
from visionhub.kit import prompts
from visionhub.providers.local.answers import by_torch, has_torch, longest, told, usage
from visionhub.providers.local.hub import usual
from visionhub.tasks import Caption, CaptionCall
from visionhub.wire import Request, Response

CAPABILITY = by_torch(model=usual("caption"), question=Support.NATIVE, language=Support.NATIVE)


def capable(model: str | None) -> Capability | None:
    """See `visionhub.codec`. Nothing is bundled: without PyTorch there are no captions."""
    return CAPABILITY if model or has_torch() else None


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`. `extra={"longest": 32}` bounds the answer, in tokens. Raises `InputError` for a question without words."""
    if call.question is not None and not call.question.strip():
        raise InputError("The question is empty.", hint="Leave `question` out to have the picture described.")
    return Request(
        "caption",
        {
            "model": call.model or CAPABILITY.model,
            "image": call.image,
            "words": prompts.question(call),
            "question": call.question,
            "language": call.language,
            "longest": longest(call),
        },
    )


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`."""
    return Caption(text=response.body["text"], question=call.question, usage=usage(), warnings=told(response))
