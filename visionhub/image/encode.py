"""Pixels to bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import PIL.Image

PILLOW_NAMES = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/bmp": "BMP", "image/gif": "GIF", "image/tiff": "TIFF",
}  # fmt: skip
FINE = 90


def encode(picture: PIL.Image.Image, media_type: str, quality: int = 95) -> bytes:
    """`picture` (mode RGB) in that format, without metadata. `quality` 1..100 is for JPEG and WebP; at 100 WebP loses nothing."""
    options: dict[str, Any] = {}
    if media_type in ("image/jpeg", "image/webp"):
        options["quality"] = quality
    if media_type == "image/jpeg" and quality >= FINE:
        options["subsampling"] = 0
    if media_type == "image/webp":
        options["lossless"] = quality == 100
    buffer = io.BytesIO()
    picture.save(buffer, PILLOW_NAMES[media_type], **options)
    return buffer.getvalue()
