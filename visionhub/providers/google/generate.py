"""Gemini's models that make pictures, one a request. Imagen is gone since 2026-08-17."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date

from visionhub.capability import Capability, Price, Support
from visionhub.codec import Again
from visionhub.errors import DecodeError
from visionhub.kit.sizes import differing, nearest
from visionhub.providers.google import gemini
from visionhub.tasks import GenerateCall, Images, Usage
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Request, Response

RATIOS = {
    "1:1": 1.0, "2:3": 2 / 3, "3:2": 3 / 2, "3:4": 3 / 4, "4:3": 4 / 3, "4:5": 4 / 5, "5:4": 5 / 4, "9:16": 9 / 16, "16:9": 16 / 9,
    "21:9": 21 / 9,
}  # fmt: skip
CAPABILITY = Capability(
    options={"size": Support.EMULATED, "count": Support.EMULATED},
    model="gemini-3.1-flash-image",
    price=Price(usd=0.067, as_of=date(2026, 2, 1), source="third-party list of Gemini's prices, 1K", sure=False),
    tokens=gemini.PRICES,
    docs=gemini.DOCS,
)


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`. Of a size, its shape is asked for."""
    config: dict[str, object] = {"responseModalities": ["IMAGE"]}
    if call.size is not None:
        config["imageConfig"] = {"aspectRatio": nearest(RATIOS, call.size)}
    return gemini.request(
        call.model or str(CAPABILITY.model), [{"text": call.prompt}], call.extra, generationConfig=config
    )


def follow(response: Response, call: GenerateCall) -> Again | None:
    """The same request again for each further picture."""
    return Again(encode(call)) if len(response.earlier) + 1 < call.count else None


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`."""
    answers = (*response.earlier, response)
    images = tuple(image for answer in answers for image in _made(answer))
    model = call.model or CAPABILITY.model
    used = [gemini.usage(answer, model) for answer in answers]
    costs = [one.cost_usd for one in used if one.cost_usd is not None]
    tokens = [one.units for one in used if one.units is not None]
    # Without counted tokens, the price of a picture stands.
    usage = Usage(units=sum(tokens), cost_usd=sum(costs)) if costs else _by_picture(call, len(images))
    named = response.body.get("modelVersion")
    return Images(images=images, model=named, usage=usage, warnings=differing("google", images, call))


def _made(response: Response) -> list[GeneratedImage]:
    parts = gemini.parts(response)
    # Pictures made on the way to the one that was asked for are thoughts.
    last = [part["inlineData"] for part in parts if "inlineData" in part and not part.get("thought")]
    made = [GeneratedImage.of(b64decode(one["data"])) for one in last]
    if not made:
        said = "".join(part.get("text", "") for part in parts)
        raise DecodeError(
            f"Gemini answered in words, with no picture: {said[:200]}", hint="Ask for a picture more plainly."
        )
    return made


def _by_picture(call: GenerateCall, count: int) -> Usage:
    """Without counted tokens; another model has another price."""
    return Usage(units=count, cost_usd=None if call.model else CAPABILITY.cost(call, count))


def parse(request: Request) -> GenerateCall:
    """See `visionhub.codec`."""
    model, parts, extra = gemini.asked(request, CAPABILITY.model)
    return GenerateCall(prompt=" ".join(part["text"] for part in parts if "text" in part), model=model, extra=extra)


def render(result: Images, call: GenerateCall) -> Response:
    """See `visionhub.codec`."""
    parts = [
        {"inlineData": {"mimeType": image.media_type, "data": b64encode(image.data).decode("ascii")}}
        for image in result.images
    ]
    return gemini.answer(*parts, model=call.model or CAPABILITY.model)
