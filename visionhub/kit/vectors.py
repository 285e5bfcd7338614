"""Faces compared by their vectors, for vendors who give vectors but compare nothing: one request a picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from visionhub.codec import Again
from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.tasks import CompareCall, Comparison, Faces, FacesCall, Usage, Warning
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.faces import Face
from visionhub.wire import Request, Response

THRESHOLD = 0.5


def asked(image: Image, call: CompareCall) -> FacesCall:
    """The question about one of the two pictures."""
    return FacesCall(image=image, embedding=True, model=call.model, extra=call.extra)


def other(response: Response, call: CompareCall, encode: Callable[[FacesCall], Request]) -> Again | None:
    """The other picture, after the first."""
    return None if response.earlier else Again(encode(asked(call.other, call)))


def compared(
    response: Response, call: CompareCall, decode: Callable[[Response, FacesCall], Faces], provider: str
) -> Comparison:
    """The largest faces of both answers. Similarity is their vectors' cosine, 0 where that is negative.

    Without a threshold of the caller's it is 0.5, which is no vendor's word, and warned of.
    """
    first = _largest(response.earlier[0], call.image, call, decode)
    second = _largest(replace(response, earlier=()), call.other, call, decode)
    similarity = min(max(_cosine(first.embedding or (), second.embedding or ()), 0.0), 1.0)
    threshold = THRESHOLD if call.threshold is None else call.threshold
    words = f"{provider} publishes no threshold; {THRESHOLD} on the cosine of its vectors is ours. Set `threshold` from your own pictures."
    return Comparison(
        same=similarity >= threshold,
        similarity=similarity,
        threshold=threshold,
        a=ComparedFace(box=first.box),
        b=ComparedFace(box=second.box),
        usage=Usage(units=2),
        warnings=(Warning(code="threshold_unverified", message=words),) if call.threshold is None else (),
    )


def _cosine(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    lengths = math.hypot(*first) * math.hypot(*second)
    return sum(a * b for a, b in zip(first, second, strict=True)) / lengths


def _largest(
    response: Response, image: Image, call: CompareCall, decode: Callable[[Response, FacesCall], Faces]
) -> Face:
    found = [face for face in decode(response, asked(image, call)).faces if face.embedding]
    if not found:
        raise InputError(f"There is no face in {image.name}.", source=image.name)
    return max(found, key=lambda face: face.box.area)
