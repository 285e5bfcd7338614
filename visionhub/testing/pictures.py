"""Pictures drawn by code, for tests."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

ORIENTATION = 0x0112
# What brings the upright picture into the stored one that EXIF then turns back; 1 stores it as it is.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """Sky, grass, a red house and a yellow sun: nothing symmetric, so that every turn shows."""
    picture = Image.new("RGB", (width, height), (120, 180, 240))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height * 2 // 3, width, height), fill=(60, 150, 60))
    pen.ellipse((width * 3 // 4, height // 10, width * 7 // 8, height // 10 + width // 8), fill=(250, 220, 40))
    pen.rectangle((width // 6, height // 3, width // 2, height * 3 // 4), fill=(190, 50, 40))
    pen.polygon(
        [(width // 8, height // 3), (width // 3, height // 8), (width * 13 // 24, height // 3)], fill=(90, 40, 30)
    )
    return picture


def page(*lines: str, size: int = 36, width: int = 900) -> Image.Image:
    """Black lines of text on white."""
    picture = Image.new("RGB", (width, round(size * 1.8) * (len(lines) + 1)), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    for row, line in enumerate(lines):
        pen.text((size, round(size * 1.8 * (row + 0.4))), line, fill="black", font=font)
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture in one of Pillow's formats."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(picture: Image.Image, orientation: int, kind: str = "JPEG", **options: object) -> bytes:
    """The picture stored in one of the eight EXIF orientations: it looks the same wherever EXIF is obeyed."""
    stored = picture.transpose(_STORED[orientation]) if orientation in _STORED else picture
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(stored, kind, exif=exif, **options)
