"""Makes a picture acceptable to the provider with the smallest loss, says what was done, and maps the answer back.

In order: fewer pixels, a larger canvas for a picture that is too small, another format without loss, JPEG of falling quality, and
still fewer pixels. A picture that already fits is passed on as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visionhub.capability import Capability
from visionhub.errors import InputError
from visionhub.flow import Flow, compute
from visionhub.geometry import Affine
from visionhub.handler import Handler
from visionhub.image import Image
from visionhub.tasks import Call, Warning
from visionhub.tasks.base import R

if TYPE_CHECKING:
    import PIL.Image

LOSSLESS = ("image/png", "image/webp", "image/tiff", "image/bmp")
QUALITIES = (95, 90, 85, 75, 60)
SHRINK = 0.8


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Fitted:
    """A picture that fits, where the caller's picture lies in it, and what was done to it, in words."""

    image: Image
    place: Affine | None = None
    steps: tuple[str, ...] = ()


class Fit:
    """See the module."""

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        capability = inner.capability(call.task, call.model)
        if capability is None or not capability.bounds_pictures:
            return (yield from inner(call))
        limits = capability
        misfits = {name: image for name, image in call.pictures().items() if not fits(image, limits)}
        if not misfits:
            return (yield from inner(call))
        fitted = yield from compute(lambda: {name: _fitted(image, limits) for name, image in misfits.items()})
        result = yield from inner(call.model_copy(update={name: done.image for name, done in fitted.items()}))
        return _restored(result, fitted)


def _fitted(image: Image, limits: Capability) -> Fitted:
    """`fit`, once for all who ask about the picture under equal limits at a time."""
    bounds = limits.media_types, limits.max_bytes, limits.min_side, limits.max_side, limits.max_pixels
    return image.made(("fitted", bounds), lambda: fit(image, limits))


def fits(image: Image, limits: Capability) -> bool:
    """Whether a provider with these limits takes the picture as it is."""
    header, short, long = image.header, min(image.width, image.height), max(image.width, image.height)
    return (
        (not limits.media_types or (header.media_type in limits.media_types and header.upright))
        and (limits.max_bytes is None or len(image.data) <= limits.max_bytes)
        and (limits.min_side is None or short >= limits.min_side)
        and (limits.max_side is None or long <= limits.max_side)
        and (limits.max_pixels is None or header.width * header.height <= limits.max_pixels)
    )


def fit(image: Image, limits: Capability) -> Fitted:
    """The picture within the limits. Raises `InputError` if that cannot be done."""
    pixels, steps, place = image.rgb(), [], None
    if (scale := _scale(pixels.width, pixels.height, limits)) < 1:
        pixels = _resized(pixels, scale)
        steps.append(f"shrunk to {pixels.width} x {pixels.height}")
    if limits.min_side is not None and min(pixels.size) < limits.min_side:
        pixels, place = _padded(pixels, limits.min_side)
        steps.append(f"padded to {pixels.width} x {pixels.height}")
    for data, step in _encodings(pixels, limits):
        candidate = Image(data, name=image.name)
        if fits(candidate, limits):
            return Fitted(candidate, place, (*steps, step))
    raise InputError(f"{image.name} cannot be made to fit the provider's limits.", source=image.name)


def _encodings(pixels: PIL.Image.Image, limits: Capability) -> Iterator[tuple[bytes, str]]:
    from visionhub.image.encode import encode

    accepted = limits.media_types or ("image/png", "image/jpeg")
    for media_type in LOSSLESS:
        if media_type in accepted:
            yield encode(pixels, media_type, 100), f"sent as {media_type}"
            break
    if "image/jpeg" not in accepted:
        return
    for quality in QUALITIES:
        yield encode(pixels, "image/jpeg", quality), f"sent as image/jpeg of quality {quality}"
    while min(pixels.size) * SHRINK >= (limits.min_side or 1):
        pixels = _resized(pixels, SHRINK)
        yield (
            encode(pixels, "image/jpeg", QUALITIES[-2]),
            f"shrunk to {pixels.width} x {pixels.height}, sent as image/jpeg of quality {QUALITIES[-2]}",
        )


def _scale(width: int, height: int, limits: Capability) -> float:
    """The largest scale, at most 1, at which the picture, padded if need be, is within the limits."""
    short, long = sorted((width, height))
    scale = min(1.0, (limits.max_side or long) / long)
    if limits.max_pixels is not None:
        scale = min(scale, math.sqrt(limits.max_pixels / (short * long)))
        if limits.min_side is not None and short * scale < limits.min_side:
            scale = min(scale, limits.max_pixels / limits.min_side / long)
    return scale


def _resized(pixels: PIL.Image.Image, scale: float) -> PIL.Image.Image:
    import PIL.Image

    size = (max(1, int(pixels.width * scale)), max(1, int(pixels.height * scale)))
    return pixels.resize(size, PIL.Image.Resampling.LANCZOS)


def _padded(pixels: PIL.Image.Image, side: int) -> tuple[PIL.Image.Image, Affine]:
    import PIL.Image

    width, height = max(pixels.width, side), max(pixels.height, side)
    sheet = PIL.Image.new("RGB", (width, height), "white")
    sheet.paste(pixels, (0, 0))
    return sheet, Affine.crop(0, 0, width / pixels.width, height / pixels.height)


def _restored(result: R, fitted: dict[str, Fitted]) -> R:
    places = {name: done.place.inverse for name, done in fitted.items() if done.place}
    warnings = [
        Warning(code="picture_changed", message=f"{name}: {', '.join(done.steps)}.") for name, done in fitted.items()
    ]
    return result.mapped(places).warned(*warnings)
