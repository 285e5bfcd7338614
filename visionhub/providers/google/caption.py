"""Gemini describes a picture, or answers a question about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.image import Image
from visionhub.kit import prompts
from visionhub.providers.google import gemini
from visionhub.tasks import Caption, CaptionCall
from visionhub.wire import Request, Response

# A name that Google moves on from one model to the next, so that it does not retire.
CAPABILITY = Capability(
    options={"question": Support.NATIVE, "language": Support.NATIVE},
    media_types=("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"),
    max_bytes=14_000_000,
    model="gemini-flash-latest",
    docs=gemini.DOCS,
)


def encode(call: CaptionCall) -> Request:
    """See `visionhub.codec`."""
    picture: Mapping[str, Any] = {"inlineData": {"mimeType": call.image.media_type, "data": call.image.data}}
    parts = [picture, {"text": prompts.question(call)}]
    return gemini.request(call.model or str(CAPABILITY.model), parts, call.extra)


def decode(response: Response, call: CaptionCall) -> Caption:
    """See `visionhub.codec`. Its thoughts, if it tells them, are no part of the answer."""
    said = [part["text"] for part in gemini.parts(response) if "text" in part and not part.get("thought")]
    model = response.body.get("modelVersion")
    return Caption(text="".join(said).strip(), question=call.question, model=model, usage=gemini.usage(response, model))


def parse(request: Request) -> CaptionCall:
    """See `visionhub.codec`."""
    model, parts, extra = gemini.asked(request, CAPABILITY.model)
    picture = next(part["inlineData"]["data"] for part in parts if "inlineData" in part)
    text = " ".join(part["text"] for part in parts if "text" in part)
    return CaptionCall(image=Image(picture), model=model, extra=extra, **prompts.understood(text))


def render(result: Caption, call: CaptionCall) -> Response:
    """See `visionhub.codec`."""
    return gemini.answer({"text": result.text}, model=call.model or CAPABILITY.model)
