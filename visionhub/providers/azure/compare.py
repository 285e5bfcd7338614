"""Face verify: the largest face of each picture is found and remembered for ten minutes, then both are compared. Three requests.

Microsoft lets only those compare who have applied for it: https://aka.ms/facerecognition.
"""

from __future__ import annotations

from typing import Any

from visionhub.capability import Capability, Support
from visionhub.codec import Again
from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.azure import faces, pixels
from visionhub.tasks import CompareCall, Comparison, Usage
from visionhub.tasks.compare import ComparedFace
from visionhub.wire import Request, Response

VERIFY = "face/verify"
THRESHOLD = 0.5
REQUESTS = 3
CAPABILITY = Capability(
    options={"threshold": Support.EMULATED},
    price=faces.PRICE.model_copy(update={"usd": REQUESTS * faces.PRICE.usd, "per": "comparison", "tiers": {}}),
    **faces.LIMITS,
)


def encode(call: CompareCall) -> Request:
    """See `visionhub.codec`."""
    return _find(call.image, call)


def follow(response: Response, call: CompareCall) -> Again | None:
    """The other picture, then the comparison of what was found."""
    match len(response.earlier):
        case 0:
            return Again(_find(call.other, call))
        case 1:
            first, other = _largest(response.earlier[0], call.image), _largest(response, call.other)
            return Again(Request(VERIFY, {"faceId1": first["faceId"], "faceId2": other["faceId"]}))
        case _:
            return None


def _find(image: Image, call: CompareCall) -> Request:
    return faces.request(image, call.model or str(faces.LIMITS["model"]), [], call.extra, is_kept=True)


def _largest(response: Response, image: Image) -> dict[str, Any]:
    found = faces.listed(response)
    if not found:
        raise InputError(f"There is no face in {image.name}.", source=image.name)
    largest: dict[str, Any] = max(
        found, key=lambda said: said["faceRectangle"]["width"] * said["faceRectangle"]["height"]
    )
    return largest


def decode(response: Response, call: CompareCall) -> Comparison:
    """See `visionhub.codec`. The threshold is Azure's own 0.5 where none is given."""
    first, other = response.earlier
    similarity = response.body["confidence"]
    threshold = THRESHOLD if call.threshold is None else call.threshold
    return Comparison(
        same=response.body["isIdentical"] if call.threshold is None else similarity >= threshold,
        similarity=similarity,
        threshold=threshold,
        a=_compared(first, call.image),
        b=_compared(other, call.other),
        usage=Usage(units=REQUESTS, cost_usd=CAPABILITY.cost(call)),
    )


def _compared(response: Response, image: Image) -> ComparedFace:
    found = _largest(response, image)["faceRectangle"]
    return ComparedFace(box=pixels.box(found, image.width, image.height))


def parse(request: Request) -> CompareCall:
    """See `visionhub.codec`: of the last request, with both pictures in place of the faces' ids."""
    return CompareCall(image=Image(request.body["image"]), other=Image(request.body["other"]))


def render(result: Comparison, call: CompareCall) -> Response:
    """See `visionhub.codec`: the last answer."""
    del call
    similarity = float(result.same) if result.similarity is None else result.similarity
    confidence = max(similarity, THRESHOLD) if result.same else min(similarity, THRESHOLD - 1e-5)
    return Response({"isIdentical": result.same, "confidence": confidence})
