"""A diffusion model on PyTorch makes pictures from words."""

from __future__ import annotations

import math
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.errors import InputError
from visionhub.kit.sizes import differing
from visionhub.providers.local.answers import able, by_torch, told, usage
from visionhub.providers.local.hub import usual
from visionhub.tasks import GenerateCall, Images
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Request, Response

CAPABILITY = by_torch(
    model=usual("generate"),
    fields=("images.seed",),
    **dict.fromkeys(("size", "count", "seed", "negative_prompt"), Support.NATIVE),
)


def capable(model: str | None) -> Capability | None:
    """See `visionhub.codec`. Nothing is bundled: without `diffusers` there are no pictures."""
    return CAPABILITY if model or able("generate") else None


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`. What `extra` may hold; left out, it is the model's own:

    steps      of denoising
    guidance   how closely the words are followed: a number from 0 on
    on_step    a function of (steps done, steps in all), called after each step in the model's own thread; if it raises, the call ends

    Raises `InputError` for other values.
    """
    return Request(
        "generate",
        {
            "model": call.model or CAPABILITY.model,
            "prompt": call.prompt,
            "negative_prompt": call.negative_prompt or None,
            "size": call.size,
            "count": call.count,
            "seed": call.seed,
            "steps": _extra(call, "steps", _is_count, "a whole number above 0"),
            "guidance": _extra(call, "guidance", _is_number, "a number from 0 on"),
            "on_step": _extra(call, "on_step", callable, "a function of (steps done, steps in all)"),
        },
    )


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`. A picture that the model's own safety checker flagged is left out, with a warning."""
    images = tuple(GeneratedImage.of(row["data"], seed=row["seed"]) for row in response.body["images"])
    return Images(images=images, usage=usage(), warnings=(*told(response), *differing("local", images, call)))


def _extra(call: GenerateCall, name: str, is_right: Any, meaning: str) -> Any:
    given = call.extra.get(name)
    if given is None or is_right(given):
        return given
    raise InputError(
        f"`{name}` is {meaning}, not {given!r}.", hint=f"Leave it out, or give it so: extra={{{name!r}: …}}."
    )


def _is_count(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given > 0


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < math.inf
