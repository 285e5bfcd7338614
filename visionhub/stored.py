"""A vendor's stored answer, read offline."""

from __future__ import annotations

from typing import Any, cast

from visionhub import registry
from visionhub.errors import InputError, UnsupportedError, VisionError
from visionhub.image import Image, ImageSource
from visionhub.image.unseen import Unseen
from visionhub.provider import read_answer
from visionhub.tasks import TASKS, Result
from visionhub.wire import Response

INFERRED = "faces.attributes."


def decode(
    provider: str, task: str, answer: Any, *, image: ImageSource | None = None, size: tuple[int, int] | None = None
) -> Result:
    """What `answer` says: everything in it, whatever its score, in the terms of every other answer.

    `answer` is the whole body as the vendor sent it, parsed from JSON; a list of bodies, in order, where it takes several
    requests to answer. `image` is the picture it is about, or `size` its upright width and height in pixels: needed only by
    vendors who answer in pixels. Nothing is sent or fetched, no key is needed.

    Raises `UnsupportedError` for a task that the provider does not offer, `DecodeError` for an answer that is not understood,
    `InputError` if the picture's size is needed, and the error itself where the answer is one.
    """
    asked = registry.get(provider)
    if task not in TASKS:
        raise InputError(f"{task!r} is no task.", hint=f"There are: {', '.join(TASKS)}.")
    codec = asked.codec(task)
    if codec is None:
        raise UnsupportedError(
            f"{provider} does not {task}.", hint=asked.absent.get(task), provider=provider, task=task
        )
    picture = Image.of(image).load() if image is not None else Unseen(size)
    fields = TASKS[task].model_fields
    asks: dict[str, Any] = {name: picture for name, field in fields.items() if field.annotation is Image}
    if "prompt" in fields:
        asks["prompt"] = "unknown"
    if "attributes" in fields:
        known = codec.capability.fields
        asks["attributes"] = tuple(name.removeprefix(INFERRED) for name in known if name.startswith(INFERRED))
    *earlier, last = answer if codec.follow and isinstance(answer, list) else [answer]
    response = Response(last, earlier=tuple(Response(body) for body in earlier))
    try:
        call = TASKS[task](**asks)
        result = read_answer(codec, response, call)
    except VisionError as error:
        error.locate(provider=provider, task=task)
        raise
    pictures = call.pictures().values() if image is not None else ()
    return cast("Result", result.about(*pictures, provider=provider, raw=answer))
