"""Bytes without their metadata, the pixels untouched.

What is kept is listed, and all else goes: EXIF, XMP, IPTC, comments, thumbnails, further pictures, what follows the end. The
colour profile is kept: the pixels mean nothing without it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from visionhub.image.container import JPEG_END, JPEG_SCAN, PNG_START, jpeg_parts, png_parts

JFIF, PROFILE, ADOBE = 0xE0, 0xE2, 0xEE
APPLICATION, COMMENT = range(0xE0, 0xF0), 0xFE
PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"})
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"})
WEBP_PROFILE_AND_ALPHA = 0x30


def strip(data: bytes, media_type: str) -> bytes | None:
    """The first picture in `data` and its colour profile, nothing else; None where that needs a re-encoding."""
    try:
        match media_type:
            case "image/jpeg":
                parts = list(_jpeg(data))
                # Nothing was left out: the same bytes need not be copied.
                return data if sum(map(len, parts)) == len(data) else b"".join(parts)
            case "image/png":
                return PNG_START + b"".join(data[start:end] for kind, start, end in png_parts(data) if kind in PNG_KEPT)
            case "image/webp":
                return _webp(data)
            case _:
                return None
    except (ValueError, struct.error):
        return None


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    for marker, start, end, following in jpeg_parts(data):
        if marker in APPLICATION or marker == COMMENT:
            yield _segment(marker, data[start:end])
        elif marker in (JPEG_SCAN, JPEG_END):
            yield data[start:following]
        else:
            yield data[start:end]


def _segment(marker: int, segment: bytes) -> bytes:
    body = segment[4:]
    if marker == JFIF and body.startswith(b"JFIF\0") and len(body) >= 14:
        # Without the thumbnail, whose sides are the last two bytes here.
        return b"\xff\xe0\x00\x10" + body[:12] + b"\0\0"
    if marker == PROFILE and body.startswith(b"ICC_PROFILE\0"):
        return segment
    if marker == ADOBE and body.startswith(b"Adobe") and len(body) >= 12:
        # How the colours are to be read.
        return b"\xff\xee\x00\x0e" + body[:12]
    return b""


def _webp(data: bytes) -> bytes | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    end = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    parts, at = [b"WEBP"], 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes((chunk[8] & WEBP_PROFILE_AND_ALPHA,)) + chunk[9:18]
        if kind in WEBP_KEPT:
            parts.append(chunk)
        at += len(chunk)
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
