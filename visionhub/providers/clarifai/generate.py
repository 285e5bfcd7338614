"""A model that paints: text in, a picture out, one a request."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.codec import Again
from visionhub.kit.sizes import differing
from visionhub.providers.clarifai import outputs
from visionhub.tasks import GenerateCall, Images, Usage
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"size": Support.NATIVE, "count": Support.EMULATED},
    model="stability-ai/stable-diffusion-2/stable-diffusion-xl",
    docs="https://clarifai.com/stability-ai/stable-diffusion-2/models/stable-diffusion-xl",
)


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`."""
    params: dict[str, Any] = dict(zip(("width", "height"), call.size, strict=True)) if call.size else {}
    asked = {"text": {"raw": call.prompt}}
    return outputs.request(call.model or str(CAPABILITY.model), asked, params={**params, **call.extra})


def follow(response: Response, call: GenerateCall) -> Again | None:
    """One more request for each further picture."""
    return Again(encode(call)) if len(response.earlier) + 1 < call.count else None


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`."""
    answers = [outputs.answered(one) for one in (*response.earlier, response)]
    images = tuple(GeneratedImage.of(b64decode(one.data["image"]["base64"])) for one in answers)
    made = Images(images=images, usage=Usage(units=len(images)), **answers[-1].common)
    return made.warned(*differing("clarifai", images, call))


def parse(request: Request) -> GenerateCall:
    """See `visionhub.codec`."""
    params = outputs.parameters(request)
    size = (int(params.pop("width")), int(params.pop("height"))) if {"width", "height"} <= params.keys() else None
    return GenerateCall(
        prompt=outputs.data(request)["text"]["raw"],
        size=size,
        model=outputs.model(request, CAPABILITY.model),
        extra=params,
    )


def render(result: Images, call: GenerateCall) -> Response:
    """See `visionhub.codec`. One picture can be said."""
    image = result.images[0]
    info = {"width": image.width, "height": image.height, "format": image.media_type.removeprefix("image/").upper()}
    said = {"base64": b64encode(image.data).decode("ascii"), "image_info": info}
    return outputs.answer({"image": said}, call.model, CAPABILITY.model)
