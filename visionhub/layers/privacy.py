"""Nothing but the picture leaves this machine: EXIF, XMP, IPTC, comments and thumbnails are stripped first.

Where a phone stood, whose it is and what was cropped away is in there. Pixels stay untouched, except where the picture has to
be turned upright.
"""

from __future__ import annotations

from visionhub.flow import Flow, compute
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R


class Privacy:
    """See the module."""

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        pictures = call.pictures()
        if not all(picture.is_stripped for picture in pictures.values()):
            yield from compute(lambda: [picture.stripped() for picture in pictures.values()])
        stripped = {name: picture.stripped() for name, picture in pictures.items()}
        return (yield from inner(call.model_copy(update=stripped)))
