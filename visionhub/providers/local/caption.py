"""A model on PyTorch describes a picture, or answers a question about it."""

from __future__ import annotations

from collections.abc import Mapping

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
    """See `visionhub.codec`. What `extra` may hold:

    longest    tokens of the answer
    schema     a JSON schema, as a dict: the answer is JSON that fits it

    Raises `InputError` for other values, and for a question without words.
    """
    schema = call.extra.get("schema")
    if not (schema is None or isinstance(schema, Mapping)):
        raise InputError("`schema` is a JSON schema, as a dict.", hint='As {"type": "object", "properties": {…}}.')
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
            "schema": schema,
        },
    )


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`."""
    return Caption(text=response.body["text"], question=call.question, usage=usage(), warnings=told(response))
