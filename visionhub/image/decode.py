"""Encoded bytes to a header, and to upright sRGB pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import PIL.Image
import PIL.ImageOps

from visionhub.errors import InputError
from visionhub.image import pdf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What is opened at all. Left out on purpose: formats that run another program (EPS) or that are no pictures.
FORMATS = (
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "ICO", "AVIF", "JPEG2000", "TGA", "QOI", "SGI", "PCX",
)  # fmt: skip
MEDIA_TYPES = {"MPO": "image/jpeg", "DIB": "image/bmp", "QOI": "image/qoi", "HEIF": "image/heic", "SGI": "image/sgi"}
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
ORIENTATION = 0x0112
NEARLY_WHITE = 230
READABLE = "JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF are read; HEIC and PDF with `pip install 'visionhub[heic,pdf]'`."


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `width` and `height` are upright; `upright` is whether the stored pixels are so already."""

    media_type: str
    width: int
    height: int
    pages: int = 1
    upright: bool = True


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raises `InputError` for a picture with no pixels or more than allowed."""
    if width < 1 or height < 1:
        raise InputError(f"The picture is empty: {width} x {height} pixels.")
    if width * height > max_pixels:
        raise InputError(
            f"The picture has {width} x {height} pixels, more than the {max_pixels:,} allowed.",
            hint="Raise `max_pixels` in the limits if you trust it.",
        )


def header(data: bytes, page: int, max_pixels: int) -> Header:
    """Reads the header only. Raises `InputError` or Pillow's own errors for what is no picture or is too large."""
    if pdf.is_pdf(data):
        width, height, pages = pdf.measure(data, page)
        return Header("application/pdf", width, height, pages)
    picture = _open_page(data, page)
    check_size(picture.width, picture.height, max_pixels)
    kind = picture.format or ""
    orientation = _orientation(picture)
    is_turned = orientation in (5, 6, 7, 8)
    return Header(
        media_type=MEDIA_TYPES.get(kind) or PIL.Image.MIME.get(kind, "image/png"),
        width=picture.height if is_turned else picture.width,
        height=picture.width if is_turned else picture.height,
        pages=_pages(picture),
        upright=orientation == 1,
    )


def pixels(data: bytes, page: int) -> PIL.Image.Image:
    """Decodes one page: upright, sRGB, mode RGB. Raises `InputError` or Pillow's own errors for damaged data."""
    return pdf.draw(data, page) if pdf.is_pdf(data) else upright(_open_page(data, page))


def upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The same picture as RGB, eight bits, sRGB, EXIF orientation applied, on white."""
    turned = picture if _orientation(picture) == 1 else PIL.ImageOps.exif_transpose(picture)
    turned.load()
    pixels = _to_srgb(_without_alpha(_eight_bits(turned)), picture.info.get("icc_profile"))
    # What stands in `info`, such as a comment, would be written again by an encoder.
    pixels.info = {}
    return pixels


def _open_page(data: bytes, page: int) -> PIL.Image.Image:
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        _learn_heif()
    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=[*FORMATS, "HEIF"] if "HEIF" in PIL.Image.OPEN else FORMATS)
    except PIL.UnidentifiedImageError:
        raise InputError(_unknown(data), hint=READABLE) from None
    if page > 1:
        try:
            picture.seek(page - 1)
        except EOFError:
            raise InputError(f"There is no page {page}.") from None
    return picture


def _orientation(picture: PIL.Image.Image) -> int:
    value = picture.getexif().get(ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def _pages(picture: PIL.Image.Image) -> int:
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError):
        return 1


def from_pixels(source: Any) -> PIL.Image.Image:
    """A PIL image from a PIL image, NumPy array or torch tensor. Raises `InputError` for shapes and types that are no picture."""
    if isinstance(source, PIL.Image.Image):
        return source.copy()
    import numpy as np

    if hasattr(source, "detach"):
        source = source.detach().cpu()
        if source.ndim == 3 and source.shape[0] in (1, 3, 4) and source.shape[2] not in (1, 3, 4):
            source = source.permute(1, 2, 0)
    array = np.asarray(source)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or 0 in array.shape:
        raise InputError(
            f"An array of shape {array.shape} is no picture.",
            hint="Give (height, width) or (height, width, 1, 3 or 4).",
        )
    return PIL.Image.fromarray(np.ascontiguousarray(_as_bytes(array)))


def _as_bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    import numpy as np

    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return (array.astype(np.uint32) // 257).astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        values = array.astype(np.float32)
        if not np.isfinite(values).all() or values.min() < -1e-3 or values.max() > 1 + 1e-3:
            raise InputError("An array of floats must hold values in 0..1.", hint="Divide by 255 if they run to 255.")
        return (values.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    raise InputError(f"An array of {array.dtype} is no picture.", hint="Use uint8, uint16, bool, or floats in 0..1.")


def _unknown(data: bytes) -> str:
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "It is a web page, not a picture."
    if start.startswith((b"<?xml", b"<svg")):
        return "It is XML or SVG, which has no pixels."
    if data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        return "It is JPEG XL, which is not read yet; convert it first."
    return "It is not a known picture format, or its beginning is damaged."


def _learn_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise InputError("It is a HEIC picture.", hint="Install the decoder: pip install 'visionhub[heic]'") from None
    pillow_heif.register_heif_opener()


def _eight_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    if not picture.mode.startswith(("I", "F")):
        return picture
    wide = picture if picture.mode in ("I", "F") else picture.convert("I")
    low, high = (float(value) for value in wide.getextrema())  # type: ignore[arg-type]  # one band gives one pair
    if picture.mode == "F" and 0 <= low and high <= 1:
        scale = 255.0
    else:
        scale = next((255 / top for top in (255, 4_095, 65_535) if high <= top), 255 / max(high, 1))
    return wide.point(lambda value: value * scale + 0).convert("L")


def _without_alpha(picture: PIL.Image.Image) -> PIL.Image.Image:
    if not picture.has_transparency_data:
        return picture if picture.mode in ("RGB", "CMYK", "LAB") else picture.convert("RGB")
    from PIL import ImageStat

    visible = picture.convert("RGBA")
    alpha = visible.getchannel("A")
    light = visible.convert("L")
    seen = ImageStat.Stat(light, alpha)
    ground = 0 if seen.count[0] and seen.mean[0] > NEARLY_WHITE else 255
    sheet = PIL.Image.new("RGB", visible.size, (ground, ground, ground))
    sheet.paste(visible, mask=alpha)
    return sheet


def _to_srgb(picture: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    if picture.mode == "RGB" and (not profile or b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile):
        return picture
    from PIL import ImageCms

    try:
        if picture.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.getOpenProfile(io.BytesIO(profile))
        else:
            return picture.convert("RGB")
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture.convert("RGB")
    return converted if converted is not None else picture.convert("RGB")
