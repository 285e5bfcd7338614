"""Encoded bytes to a header, and to upright sRGB pixels."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import PIL.Image
import PIL.ImageFile
import PIL.ImageOps

from visionhub.image import colour, container, pdf
from visionhub.image.limits import UnusableError

T = TypeVar("T")

# What is opened at all. Left out on purpose: formats that run another program (EPS) or that are no pictures.
FORMATS = (
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "ICO", "AVIF", "JPEG2000", "TGA", "QOI", "SGI", "PCX",
)  # fmt: skip
MEDIA_TYPES = {"MPO": "image/jpeg", "DIB": "image/bmp", "QOI": "image/qoi", "HEIF": "image/heic", "SGI": "image/sgi"}
ICON = b"\0\0\1\0"
ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)
READABLE = "JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF are read; HEIC and PDF with `pip install 'visionhub[heic,pdf]'`."

_alone = Lock()


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `width` and `height` are upright; `upright` is whether the stored pixels are so already.

    Of a TIFF or GIF, 10,000 `pages` at most are counted.
    """

    media_type: str
    width: int
    height: int
    pages: int = 1
    upright: bool = True


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raises `UnusableError` for a picture with no pixels or more than allowed."""
    if width < 1 or height < 1:
        raise UnusableError(f"has no pixels: it is {width} x {height}")
    if width * height > max_pixels:
        raise UnusableError(
            f"has {width} x {height} pixels, more than the {max_pixels:,} allowed",
            "Raise `max_pixels` in the limits if you trust it.",
        )


def header(data: bytes, page: int, max_pixels: int) -> Header:
    """Reads the header only. Raises `UnusableError` or Pillow's own errors for what is no picture or is too large."""
    return _undisturbed(lambda: _header(data, page, max_pixels))


def pixels(data: bytes, page: int) -> PIL.Image.Image:
    """Decodes one page: upright, sRGB, mode RGB. Raises `UnusableError` or Pillow's own errors for damaged data."""
    return _undisturbed(lambda: pdf.draw(data, page) if pdf.is_pdf(data) else bare(upright(_open(data, page))))


def reduced(data: bytes, page: int, width: int, height: int) -> PIL.Image.Image:
    """`pixels`, but a JPEG may be decoded at a half, a quarter or an eighth of its size, if that is not less than `width` x `height`."""

    def read() -> PIL.Image.Image:
        picture = _open(data, page)
        if picture.format == "JPEG":
            picture.draft(picture.mode, (height, width) if _orientation(picture) in SIDEWAYS else (width, height))
        return bare(upright(picture))

    return pixels(data, page) if pdf.is_pdf(data) else _undisturbed(read)


def upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The same picture as RGB, eight bits, sRGB, EXIF orientation applied. May be `picture` itself."""
    picture.load()
    if _orientation(picture) == 1:
        return colour.srgb(picture)
    return colour.srgb(PIL.ImageOps.exif_transpose(picture))


def bare(picture: PIL.Image.Image) -> PIL.Image.Image:
    """`picture` without what its file said besides: an encoder would write profile, comment or XMP again."""
    plain = picture.copy() if isinstance(picture, PIL.ImageFile.ImageFile) else picture
    plain.info = {}
    return plain


def _header(data: bytes, page: int, max_pixels: int) -> Header:
    if pdf.is_pdf(data):
        width, height, pages = pdf.measure(data, page)
        check_size(width, height, max_pixels)
        return Header("application/pdf", width, height, pages)
    # Pillow decodes an icon as it opens it.
    if data.startswith(ICON):
        check_size(*container.icon_size(data), max_pixels)
    picture = _open(data, page)
    check_size(picture.width, picture.height, max_pixels)
    if picture.info.get("progressive"):
        container.check_scans(data)
    kind = picture.format or ""
    orientation = _orientation(picture, is_whole=kind != "PNG" or not container.has_late_text(data))
    # Pillow turns the size of a TIFF by the tag of its own, but not by XMP.
    is_turned = orientation in SIDEWAYS and getattr(picture, "tag_v2", {}).get(ORIENTATION) not in SIDEWAYS
    return Header(
        media_type=MEDIA_TYPES.get(kind) or PIL.Image.MIME.get(kind, "image/png"),
        width=picture.height if is_turned else picture.width,
        height=picture.width if is_turned else picture.height,
        pages=_pages(picture, data, max_pixels),
        upright=orientation == 1,
    )


def _open(data: bytes, page: int) -> PIL.Image.Image:
    formats = ("HEIF",) if container.is_heif(data) else FORMATS
    if formats != FORMATS:
        _learn_heif()
    file = container.Parts(data)
    try:
        picture = PIL.Image.open(file, formats=formats)
    except PIL.UnidentifiedImageError:
        raise _unknown(data) from None
    except PIL.Image.DecompressionBombError:
        most = 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0)
        raise UnusableError(
            f"has more pixels than the {most:,} that Pillow opens",
            "Raise `PIL.Image.MAX_IMAGE_PIXELS` and `max_pixels` in the limits if you trust it.",
        ) from None
    if page > 1:
        # Page 1 is the one that the file itself puts first, which in a HEIC may be any.
        first = picture.tell()
        try:
            picture.seek(page - 1 if page - 1 > first else page - 2)
        except EOFError:
            raise UnusableError(f"has no page {page}") from None
    file.is_open = True
    return picture


def _orientation(picture: PIL.Image.Image, *, is_whole: bool = False) -> int:
    """1..8. With `is_whole` nothing needs to be decoded to find it."""
    try:
        exif = PIL.Image.Image.getexif(picture) if is_whole else picture.getexif()
        value = exif.get(ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return 1
    return value if value in range(1, 9) else 1


def _pages(picture: PIL.Image.Image, data: bytes, max_pixels: int) -> int:
    match picture.format:
        case "GIF":
            pages, right, below = container.gif_frames(data)
            check_size(max(right, picture.width), max(below, picture.height), max_pixels)
            return pages
        case "TIFF":
            return container.tiff_pages(data)
        case _:
            return int(getattr(picture, "n_frames", 1))


def _unknown(data: bytes) -> UnusableError:
    start = data[:512].lstrip().lower()
    for kind in (*FORMATS, "HEIF"):
        _, accepts = PIL.Image.OPEN.get(kind, (None, None))
        if accepts and accepts(data[:16].ljust(16)) is True:
            return UnusableError(
                f"begins as {kind} does, but is damaged or of a kind that is not read",
                "Convert it to PNG or JPEG if other programs open it.",
            )
    if start.startswith((b"<!doctype", b"<html")):
        reason = "is a web page, not a picture"
    elif start.startswith((b"<?xml", b"<svg")):
        reason = "is XML or SVG, which has no pixels"
    elif data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        reason = "is JPEG XL, which is not read yet"
    elif _is_text(data[:512]):
        reason = "is text, not a picture"
    else:
        reason = "is in no format that is known here"
    return UnusableError(reason, READABLE)


def _is_text(start: bytes) -> bool:
    try:
        return start.decode("ascii").replace("\r", "").replace("\n", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def _learn_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise UnusableError("is a HEIC picture", "Install the decoder: pip install 'visionhub[heic]'") from None
    pillow_heif.register_heif_opener()


def _undisturbed(read: Callable[[], T]) -> T:
    # Pillow warns of oddities in a file that do no harm. Where warnings are errors they must not cost the picture, and only
    # there: the filters are the whole process's, and not ours to change for nothing.
    try:
        return read()
    except Warning:
        with _alone, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
