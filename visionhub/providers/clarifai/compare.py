"""Two pictures' largest faces, compared by the vectors of the face embedding model: one request a picture."""

from __future__ import annotations

import math
from dataclasses import replace

from visionhub.capability import Support
from visionhub.codec import Again
from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.clarifai import faces
from visionhub.tasks import CompareCall, Comparison, FacesCall, Usage, Warning
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.faces import Face
from visionhub.wire import Request, Response

CAPABILITY = faces.CAPABILITY.model_copy(
    update={"options": {"threshold": Support.EMULATED}, "fields": (), "model": faces.EMBEDDING}
)
THRESHOLD = 0.5
UNSURE = Warning(
    code="threshold_unverified",
    message=f"Clarifai publishes no threshold; {THRESHOLD} on the cosine of its vectors is ours. Set `threshold` from your own pictures.",
)


def encode(call: CompareCall) -> Request:
    """See `visionhub.codec`."""
    return faces.encode(_of(call.image, call))


def follow(response: Response, call: CompareCall) -> Again | None:
    """The other picture, after the first."""
    return None if response.earlier else Again(faces.encode(_of(call.other, call)))


def decode(response: Response, call: CompareCall) -> Comparison:
    """See `visionhub.codec`. Similarity is the vectors' cosine, 0 where that is negative."""
    first = _largest(response.earlier[0], call.image, call)
    other = _largest(replace(response, earlier=()), call.other, call)
    assert first.embedding
    assert other.embedding
    lengths = math.hypot(*first.embedding) * math.hypot(*other.embedding)
    cosine = sum(a * b for a, b in zip(first.embedding, other.embedding, strict=True)) / lengths
    similarity = min(max(cosine, 0.0), 1.0)
    threshold = THRESHOLD if call.threshold is None else call.threshold
    return Comparison(
        same=similarity >= threshold,
        similarity=similarity,
        threshold=threshold,
        a=ComparedFace(box=first.box),
        b=ComparedFace(box=other.box),
        usage=Usage(units=2),
        warnings=(UNSURE,) if call.threshold is None else (),
    )


def _of(image: Image, call: CompareCall) -> FacesCall:
    return FacesCall(image=image, embedding=True, model=call.model, extra=call.extra)


def _largest(response: Response, image: Image, call: CompareCall) -> Face:
    found = [face for face in faces.decode(response, _of(image, call)).faces if face.embedding]
    if not found:
        raise InputError(f"There is no face in {image.name}.", source=image.name)
    return max(found, key=lambda face: face.box.area)
