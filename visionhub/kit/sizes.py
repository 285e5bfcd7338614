"""Sizes of pictures to be made, for vendors who make only certain shapes."""

from __future__ import annotations

from collections.abc import Mapping

from visionhub.tasks import GenerateCall, Warning
from visionhub.tasks.generate import GeneratedImage


def nearest(shapes: Mapping[str, float], size: tuple[int, int]) -> str:
    """The name of the shape (width by height) that is nearest to that of `size`."""
    wanted = size[0] / size[1]
    return min(shapes, key=lambda name: abs(shapes[name] - wanted))


def differing(provider: str, images: tuple[GeneratedImage, ...], call: GenerateCall) -> tuple[Warning, ...]:
    """A warning if the pictures are not of the size that was asked for."""
    made = {(image.width, image.height) for image in images}
    if call.size is None or made <= {call.size}:
        return ()
    width, height = min(made - {call.size})
    return (
        Warning(code="size_differs", message=f"{provider} made {width} x {height}: of a size, it takes the shape."),
    )
