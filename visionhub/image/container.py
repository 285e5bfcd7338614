"""What is read from the bytes themselves, because Pillow would have to decode to say it, or would take its time.

A file from a stranger may be made to be slow: millions of empty parts, thousands of pages or scans, an icon that is larger than
its directory says. Each function here costs no more than the walk from part to part.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import islice

from visionhub.image.limits import UnusableError

# Far more than a picture needs: the largest PNG allowed has some ten thousand chunks, the largest GIF 400,000 blocks.
MAX_READS = 500_000
MAX_PARTS = 100_000
MAX_PAGES = 10_000
# Encoders write about ten. Each goes over all pixels again, for a few bytes in the file.
MAX_SCANS = 50

JPEG_START, JPEG_END, JPEG_SCAN = 0xD8, 0xD9, 0xDA
# Not a stuffed zero, a restart inside a scan, or a fill byte.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS = (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
GIF_BLOCK, GIF_FRAME = 0x21, 0x2C
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}


class Parts(io.BytesIO):
    """The bytes as a file that stops a reader which takes it apart without end, until `is_open` is set."""

    is_open = False

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """See `io.BytesIO`. Raises `UnusableError` where it is called too often."""
        self._reads += 1
        if self._reads > MAX_READS and not self.is_open:
            raise too_many_parts()
        return super().read(size)


def too_many_parts() -> UnusableError:
    """The error for a file that would keep its reader busy."""
    return UnusableError("is made of too many parts")


def is_heif(data: bytes) -> bool:
    """Whether the bytes begin as a HEIC or HEIF picture does, and not as an AVIF one, which comes in the same box."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4]), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    return bool(brands & HEIF_BRANDS) and not brands & AVIF_BRANDS


def jpeg_parts(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Marker, start, end, and end of the scan's data (if it is a scan) of each segment of a JPEG, the last being its end.

    Raises `ValueError` where it breaks off.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    at = 2
    while True:
        at = _next_marker(data, at)
        marker = data[at + 1]
        if marker == JPEG_END:
            yield marker, at, at + 2, at + 2
            return
        if marker in (0x01, JPEG_START) or at + 4 > len(data):
            raise ValueError("a marker that has no place here")
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        following = _next_marker(data, end) if marker == JPEG_SCAN else end
        yield marker, at, end, following
        at = following


def _next_marker(data: bytes, at: int) -> int:
    found = MARKER.search(data, at)
    if found is None:
        raise ValueError("no end")
    return found.start()


def check_scans(data: bytes) -> None:
    """Raises `UnusableError` for a progressive JPEG that is made to be slow."""
    # Counting is quicker than walking, and too high a count is rare: thumbnails and appended videos hold such bytes too.
    if data.count(bytes((0xFF, JPEG_SCAN))) <= MAX_SCANS:
        return
    scans = (part for part in jpeg_parts(data) if part[0] == JPEG_SCAN)
    try:
        too_many = next(islice(scans, MAX_SCANS, None), None) is not None
    except ValueError:
        return
    if too_many:
        raise UnusableError(f"is a progressive JPEG of more than {MAX_SCANS} scans")


def png_parts(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk of a PNG, the last being `IEND`. Raises `ValueError` where it breaks off."""
    if not data.startswith(PNG_START):
        raise ValueError("no PNG")
    at, kind = len(PNG_START), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError("no end")
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + 12 + length
        at += 12 + length


def has_late_text(data: bytes) -> bool:
    """Whether metadata stands behind the pixels of a PNG, where Pillow finds it only by decoding them.

    Raises `UnusableError` for a PNG that is made to be slow.
    """
    found, is_late = set(), False
    try:
        for number, (kind, _, _) in enumerate(png_parts(data)):
            is_late = is_late or kind == b"IDAT"
            if is_late:
                found.add(kind)
            if number > MAX_PARTS:
                raise too_many_parts()
    except ValueError:
        pass
    return not found.isdisjoint(PNG_TEXTS)


def gif_frames(data: bytes) -> tuple[int, int, int]:
    """Number of frames (10,000 at most are counted), and the right and lower edge of the outermost."""
    frames = width = height = 0
    try:
        at = 13 + _palette(data[10])
        while frames < MAX_PAGES:
            if data[at] == GIF_BLOCK:
                at += 2
            elif data[at] == GIF_FRAME:
                left, top, across, down, flags = struct.unpack_from("<4HB", data, at + 1)
                frames, width, height = frames + 1, max(width, left + across), max(height, top + down)
                at += 11 + _palette(flags)
            else:
                break
            while data[at]:
                at += data[at] + 1
            at += 1
    except (IndexError, struct.error):
        pass
    return max(frames, 1), width, height


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def tiff_pages(data: bytes) -> int:
    """Number of pages (10,000 at most are counted)."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    count, entry, offset, at = ("Q", 20, "Q", 8) if is_big else ("H", 12, "I", 4)
    pages: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + offset, data, at)
        while at and at not in pages and len(pages) < MAX_PAGES:
            (entries,) = struct.unpack_from(order + count, data, at)
            pages.add(at)
            (at,) = struct.unpack_from(order + offset, data, at + struct.calcsize(count) + entries * entry)
    except (struct.error, OverflowError):
        pass
    return max(len(pages), 1)


def icon_size(data: bytes) -> tuple[int, int]:
    """The width and height of an icon's largest picture, as that picture says, not the directory."""
    largest = (1, 1)
    try:
        (entries,) = struct.unpack_from("<H", data, 4)
        for entry in range(entries):
            (at,) = struct.unpack_from("<I", data, 6 + 16 * entry + 12)
            is_png = data[at : at + 8] == PNG_START
            size = struct.unpack_from(">II", data, at + 16) if is_png else struct.unpack_from("<II", data, at + 4)
            largest = max(largest, size, key=lambda sides: sides[0] * sides[1])
    except struct.error:
        pass
    return largest[0], largest[1]
