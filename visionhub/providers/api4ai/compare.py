"""Two pictures' largest faces, compared by their vectors: one request a picture."""

from __future__ import annotations

from visionhub.capability import Support
from visionhub.codec import Again
from visionhub.kit import vectors
from visionhub.providers.api4ai import faces
from visionhub.tasks import CompareCall, Comparison
from visionhub.wire import Request, Response

CAPABILITY = faces.CAPABILITY.model_copy(update={"options": {"threshold": Support.EMULATED}, "fields": ()})


def encode(call: CompareCall) -> Request:
    """See `visionhub.codec`."""
    return faces.encode(vectors.asked(call.image, call))


def follow(response: Response, call: CompareCall) -> Again | None:
    """See `visionhub.codec`."""
    return vectors.other(response, call, faces.encode)


def decode(response: Response, call: CompareCall) -> Comparison:
    """See `visionhub.codec`."""
    return vectors.compared(response, call, faces.decode, "api4ai")
