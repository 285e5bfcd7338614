"""Any of Pillow's modes to RGB: eight bits, sRGB, opaque."""

from __future__ import annotations

import io
import math
from typing import Any

import PIL.Image
import PIL.ImageStat

from visionhub.image.limits import UnusableError

NEARLY_WHITE = 230
SAMPLE = 256


def srgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """`picture` in mode RGB and sRGB; what is transparent lies on white, or on black if it would vanish there.

    May be `picture` itself, if that is what was asked for. A colour profile that does not fit is passed over.
    """
    return _to_srgb(_opaque(_eight_bits(picture)), picture.info.get("icc_profile"))


def _eight_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    if not picture.mode.startswith(("I", "F")):
        return picture
    wide = picture if picture.mode in ("I", "F") else picture.convert("I")
    extrema: Any = wide.getextrema()
    scale = 255 / _white(picture, *extrema)
    # Only `value * scale + offset` is understood here.
    grey = wide.point(lambda value: value * scale + 0).convert("L")
    if picture.mode.startswith("I;16") and "transparency" in grey.info:
        # One of 65,536 values is transparent; of 256 it would take others with it.
        alpha = wide.point([0 if value == grey.info["transparency"] else 255 for value in range(65_536)], "L")
        del grey.info["transparency"]
        grey.putalpha(alpha)
    return grey


def _white(picture: PIL.Image.Image, low: float, high: float) -> float:
    """The value that stands for white: it is known for 16 bits, save in TIFFs, which often use fewer than they have."""
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UnusableError("has pixels that are no numbers")
    if (picture.mode.startswith("I;16") and picture.format != "TIFF") or picture.format == "PPM":
        return 65_535
    if picture.mode == "F" and low >= 0 and high <= 1:
        return 1
    return next((top for top in (255, 4_095, 65_535) if high <= top), high)


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    if not picture.has_transparency_data:
        return picture if picture.mode in ("RGB", "CMYK", "LAB") else picture.convert("RGB")
    if picture.mode == "La":
        picture = picture.convert("LA")
    visible = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    sheet = PIL.Image.new("RGB", visible.size, "black" if _is_light(visible) else "white")
    sheet.paste(visible, mask=visible)
    return sheet


def _is_light(visible: PIL.Image.Image) -> bool:
    """Whether all that can be seen is nearly white, each pixel counting as much as it is opaque."""
    # A sample is enough, and needs no second copy of a large picture.
    sample = visible.resize((min(SAMPLE, visible.width), min(SAMPLE, visible.height)), PIL.Image.Resampling.NEAREST)
    on_black = PIL.Image.new("RGB", sample.size)
    on_black.paste(sample, mask=sample)
    (light,), (cover,) = (PIL.ImageStat.Stat(part).sum for part in (on_black.convert("L"), sample.getchannel("A")))
    return light > cover * NEARLY_WHITE / 255


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
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture.convert("RGB")
    return converted or picture.convert("RGB")
