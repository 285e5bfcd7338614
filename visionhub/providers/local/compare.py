"""Two pictures' largest faces, compared by SFace's embeddings."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.providers.local.answers import FREE, RAN, usage
from visionhub.providers.local.cards import for_task
from visionhub.tasks import CompareCall, Comparison
from visionhub.tasks.compare import ComparedFace
from visionhub.wire import Request, Response

CAPABILITY = Capability(options={"threshold": Support.EMULATED}, fields=RAN, model=for_task("compare").name, price=FREE)


def encode(call: CompareCall) -> Request:
    """See `visionhub.codec`."""
    return Request("compare", {"model": call.model, "image": call.image, "other": call.other})


def decode(response: Response, call: CompareCall) -> Comparison:
    """See `visionhub.codec`. Similarity is 0.5 at the model's published threshold, 1 for equal faces."""
    body = response.body
    threshold = body["threshold"] if call.threshold is None else call.threshold
    first, second = (_face(box, image) for box, image in zip(body["boxes"], (call.image, call.other), strict=True))
    return Comparison(
        same=body["similarity"] >= threshold,
        similarity=body["similarity"],
        threshold=threshold,
        a=first,
        b=second,
        usage=usage(),
    )


def _face(box: tuple[float, float, float, float], image: Image) -> ComparedFace:
    left, top, right, bottom = box
    width, height = image.width, image.height
    return ComparedFace(box=Box.clamped(left / width, top / height, right / width, bottom / height))
