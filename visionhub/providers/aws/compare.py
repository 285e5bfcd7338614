"""CompareFaces: the largest face of one picture against every face of another."""

from __future__ import annotations

from typing import Any

from visionhub.capability import Capability, Support
from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.aws import shares
from visionhub.providers.aws.labels import PICTURES, REKOGNITION
from visionhub.tasks import CompareCall, Comparison
from visionhub.tasks.compare import ComparedFace
from visionhub.wire import Request, Response

OPERATION = "rekognition.compare_faces"
THRESHOLD = 0.8
CAPABILITY = Capability(
    options={"threshold": Support.EMULATED},
    max_side=10_000,
    model="rekognition",
    price=REKOGNITION,
    docs="https://docs.aws.amazon.com/rekognition/latest/APIReference/API_CompareFaces.html",
    **PICTURES,
)


def encode(call: CompareCall) -> Request:
    """See `visionhub.codec`. No face is to be filtered away: those that do not match would come without their similarity."""
    body = {
        "SourceImage": {"Bytes": call.image.data}, "TargetImage": {"Bytes": call.other.data}, "SimilarityThreshold": 0.0,
    }  # fmt: skip
    return Request(OPERATION, {**body, **call.extra})


def decode(response: Response, call: CompareCall) -> Comparison:
    """See `visionhub.codec`. The other picture's largest face counts; the threshold is AWS's own 0.8 where none is given."""
    matches = [(match["Face"], match["Similarity"]) for match in response.body.get("FaceMatches", ())]
    others = [(face, None) for face in response.body.get("UnmatchedFaces", ())]
    if not matches and not others:
        raise InputError(f"There is no face in {call.other.name}.", source=call.other.name)
    face, similarity = max(matches + others, key=lambda pair: shares.box(pair[0]["BoundingBox"]).area)
    threshold = THRESHOLD if call.threshold is None else call.threshold
    score = None if similarity is None else shares.score(similarity)
    return Comparison(
        same=score is not None and score >= threshold,
        similarity=score,
        threshold=threshold,
        a=ComparedFace(box=shares.box(response.body["SourceImageFace"]["BoundingBox"])),
        b=ComparedFace(box=shares.box(face["BoundingBox"])),
    )


def parse(request: Request) -> CompareCall:
    """See `visionhub.codec`. A threshold of 0 asks for every face, as `encode` does."""
    body = request.body
    known = ("SourceImage", "TargetImage", "SimilarityThreshold")
    return CompareCall(
        image=Image(body["SourceImage"]["Bytes"]),
        other=Image(body["TargetImage"]["Bytes"]),
        threshold=shares.asked_score(body.get("SimilarityThreshold", 100 * THRESHOLD)) or None,
        extra={name: value for name, value in body.items() if name not in known},
    )


def render(result: Comparison, call: CompareCall) -> Response:
    """See `visionhub.codec`. Similarity is stretched so that the one who answered and AWS's reader have the same threshold."""
    face = {"BoundingBox": shares.bounding_box(result.b.box), "Confidence": 100.0}
    threshold = THRESHOLD if call.threshold is None else call.threshold
    similarity = _stretched(result, threshold)
    is_match = result.same or (call.threshold is None and result.similarity is not None)
    body: dict[str, Any] = {
        "SourceImageFace": {"BoundingBox": shares.bounding_box(result.a.box), "Confidence": 100.0},
        "FaceMatches": [{"Similarity": shares.percent(similarity), "Face": face}] if is_match else [],
        "UnmatchedFaces": [] if is_match else [face],
    }
    return Response(body)


def _stretched(result: Comparison, threshold: float) -> float:
    """The similarity, moved so that it lies to `threshold` as it does to the threshold of the one who answered."""
    own = result.threshold
    if result.similarity is None or own is None:
        return 1.0 if result.same else 0.0
    if own == threshold:
        return result.similarity
    if result.similarity >= own:
        return threshold + (1 - threshold) * (result.similarity - own) / ((1 - own) or 1)
    return min(threshold * result.similarity / own, threshold * (1 - 1e-6))
