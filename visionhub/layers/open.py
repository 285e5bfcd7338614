"""Reads the pictures of a call, within limits and away from the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from visionhub.flow import Flow, compute
from visionhub.handler import Handler
from visionhub.image import Image, Limits
from visionhub.tasks import Call, Warning
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Open:
    """See the module. A picture that was read before is taken as it is."""

    limits: Limits

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        pictures = list(call.pictures().values())
        unread = [picture for picture in pictures if not picture.loaded]
        if unread:
            yield from compute(lambda: _load(unread, self.limits))
        result = yield from inner(call)
        several = [picture for picture in pictures if picture.header.pages > 1]
        return result.warned(*map(_warning, several)) if several else result


def _load(pictures: list[Image], limits: Limits) -> None:
    for picture in pictures:
        picture.load(limits)


def _warning(picture: Image) -> Warning:
    text = f"{picture.name} has {picture.header.pages} pages or frames; page {picture.page} was used."
    return Warning(code="one_page", message=text)
