"""Stability's models on Bedrock, by InvokeModel: one picture a request."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price, Support
from visionhub.codec import Again
from visionhub.errors import DecodeError, ProviderError, RefusedError
from visionhub.kit.sizes import differing, nearest
from visionhub.tasks import GenerateCall, Images, Usage
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Request, Response

OPERATION = "bedrock-runtime.invoke_model"
RATIOS = {
    "16:9": 16 / 9, "1:1": 1.0, "21:9": 21 / 9, "2:3": 2 / 3, "3:2": 3 / 2, "4:5": 4 / 5, "5:4": 5 / 4, "9:16": 9 / 16, "9:21": 9 / 21,
}  # fmt: skip
CAPABILITY = Capability(
    options={
        "negative_prompt": Support.NATIVE, "seed": Support.NATIVE, "size": Support.EMULATED, "count": Support.EMULATED,
    },
    fields=("images.seed",),
    model="stability.stable-image-core-v1:1",
    price=Price(usd=0.04, as_of=date(2026, 8, 1), source="https://aws.amazon.com/bedrock/pricing/ (Stable Image Core)", sure=False),
    docs="https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html",
)  # fmt: skip
OWN = ("modelId", "prompt", "mode", "output_format", "negative_prompt", "seed", "aspect_ratio")
FAILED = "Inference error"


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`. Of a size, its shape is asked for."""
    return _request(call, call.seed)


def follow(response: Response, call: GenerateCall) -> Again | None:
    """One more request for each further picture, its seed one higher."""
    made = len(response.earlier) + 1
    if made >= call.count:
        return None
    return Again(_request(call, None if call.seed is None else call.seed + made))


def _request(call: GenerateCall, seed: int | None) -> Request:
    body: dict[str, Any] = {
        "modelId": call.model or CAPABILITY.model, "prompt": call.prompt, "mode": "text-to-image", "output_format": "png",
    }  # fmt: skip
    if call.negative_prompt is not None:
        body["negative_prompt"] = call.negative_prompt
    if seed is not None:
        body["seed"] = seed
    if call.size is not None:
        body["aspect_ratio"] = nearest(RATIOS, call.size)
    return Request(OPERATION, {**body, **call.extra})


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`."""
    images = tuple(image for answer in (*response.earlier, response) for image in _made(answer))
    usage = Usage(units=len(images), cost_usd=None if call.model else CAPABILITY.cost(call, len(images)))
    return Images(
        images=images, usage=usage, warnings=differing("aws", images, call), model=call.model or CAPABILITY.model
    )


def _made(response: Response) -> list[GeneratedImage]:
    body = response.body
    for reason in body.get("finish_reasons") or ():
        if reason == FAILED:
            raise ProviderError(f"Stability said: {reason}.", code=reason, request_id=response.request_id)
        if reason is not None:
            raise RefusedError(
                f"Stability refused. {reason}.", code=reason, hint="Change the prompt.", request_id=response.request_id
            )
    if not body["images"]:
        raise DecodeError("The answer holds no picture.", request_id=response.request_id)
    seeds = body.get("seeds") or [None] * len(body["images"])
    return [GeneratedImage.of(b64decode(image), seed=seed) for image, seed in zip(body["images"], seeds, strict=True)]


def parse(request: Request) -> GenerateCall:
    """See `visionhub.codec`."""
    body = request.body
    return GenerateCall(
        prompt=body["prompt"],
        negative_prompt=body.get("negative_prompt"),
        seed=body.get("seed"),
        model=None if body["modelId"] == CAPABILITY.model else body["modelId"],
        extra={name: value for name, value in body.items() if name not in OWN},
    )


def render(result: Images, call: GenerateCall) -> Response:
    """See `visionhub.codec`."""
    del call
    return Response(
        {
            "seeds": [image.seed for image in result.images],
            "finish_reasons": [None] * len(result.images),
            "images": [b64encode(image.data).decode("ascii") for image in result.images],
        }
    )
