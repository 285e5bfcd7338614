"""Pixels to bytes, and bytes without their metadata."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image

PILLOW_NAMES = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/bmp": "BMP", "image/gif": "GIF", "image/tiff": "TIFF",
}  # fmt: skip

# JPEG segments that the pixels need: JFIF (APP0), the colour profile (APP2) and Adobe's colour transform (APP14).
JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
JPEG_SCAN, JPEG_END = 0xDA, 0xD9
# The next marker: not a stuffed zero, a restart inside a scan, or a fill byte.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"})
WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
WEBP_FLAGS_DROPPED = 0x08 | 0x04


def encode(picture: PIL.Image.Image, media_type: str, quality: int = 95) -> bytes:
    """`picture` (mode RGB) in that format, without metadata. `quality` 1..95 is for the lossy formats."""
    buffer = io.BytesIO()
    if media_type in ("image/jpeg", "image/webp"):
        options = (
            {"quality": quality, "subsampling": 0}
            if media_type == "image/jpeg" and quality >= 90
            else {"quality": quality}
        )
        picture.save(buffer, PILLOW_NAMES[media_type], **options)
    else:
        picture.save(buffer, PILLOW_NAMES[media_type])
    return buffer.getvalue()


def strip(data: bytes, media_type: str) -> bytes | None:
    """`data` without EXIF, XMP, IPTC, comments and thumbnails, the pixels untouched; None where that needs a re-encoding."""
    try:
        match media_type:
            case "image/jpeg":
                return b"".join(_jpeg_parts(data))
            case "image/png":
                return b"".join(_png_parts(data))
            case "image/webp":
                return _webp(data)
            case _:
                return None
    except (struct.error, IndexError, ValueError):
        return None


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    yield data[:2]
    at = 2
    while data[at + 1] != JPEG_END:
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        at += 2 + length
        marker = segment[1]
        is_extra = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not is_extra or (marker in JPEG_KEPT and segment[4:].startswith(JPEG_KEPT[marker])):
            yield segment
        following = JPEG_MARKER.search(data, at)
        if following is None:
            raise ValueError("no end")
        if marker == JPEG_SCAN:
            yield data[at : following.start()]
        at = following.start()
    # Whatever follows the end may be a second picture or a maker's notes.
    yield data[at : at + 2]


def _png_parts(data: bytes) -> Iterator[bytes]:
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    yield data[:8]
    at = 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind in PNG_KEPT:
            yield data[at:end]
        at = end
        if kind == b"IEND":
            return


def _webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    parts = []
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_FLAGS_DROPPED]) + chunk[9:]
        if kind not in WEBP_DROPPED:
            parts.append(chunk)
        at += len(chunk)
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
