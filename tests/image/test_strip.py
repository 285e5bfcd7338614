"""`stripped()`: nothing stays in the bytes but the picture, and the picture stays as it is."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import PIL.Image
import PIL.ImageCms
import PIL.PngImagePlugin
import pytest

from visionhub.image import Image
from visionhub.testing.pictures import ORIENTATION, encoded, scene, turned

SECRET = b"Secret"
PICTURE = scene(64, 48)
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Secret</x:xmpmeta>'


def exif(orientation: int = 1) -> PIL.Image.Exif:
    tags = PIL.Image.Exif()
    tags[0x010F] = "Secret camera"
    tags[ORIENTATION] = orientation
    tags.get_ifd(0x8825)[1] = "Secret N"
    return tags


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(picture: PIL.Image.Image = PICTURE, **options: Any) -> bytes:
    """A JPEG with everything in it that a camera, an editor and a phone put there."""
    plain = encoded(picture, "JPEG", exif=exif(), comment=SECRET, xmp=XMP, icc_profile=PROFILE, **options)
    thumbnail = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\2\2" + SECRET * 2)
    extra = (
        segment(0xE0, b"JFXX\0\x13" + SECRET)
        + segment(0xE2, b"MPF\0" + SECRET)
        + segment(0xED, b"Photoshop 3.0\x008BIM\4\4" + SECRET)
        + segment(0xEF, SECRET)
        + segment(0xFE, SECRET)
    )
    return plain[:2] + thumbnail + extra + plain[2:] + SECRET + plain


def png(picture: PIL.Image.Image = PICTURE, **options: Any) -> bytes:
    texts = PIL.PngImagePlugin.PngInfo()
    texts.add_text("Author", "Secret")
    texts.add_itxt("XML:com.adobe.xmp", "Secret")
    texts.add_text("Comment", "Secret " * 99, zip=True)
    data = encoded(picture, "PNG", exif=exif(), pnginfo=texts, icc_profile=PROFILE, **options)
    return data[:-12] + chunk(b"tEXt", b"Late\0Secret") + chunk(b"prVt", SECRET) + data[-12:] + SECRET


def webp(picture: PIL.Image.Image = PICTURE, **options: Any) -> bytes:
    data = encoded(picture, "WEBP", exif=exif(), xmp=XMP, icc_profile=PROFILE, **options)
    body = data[8:] + b"PRIV" + struct.pack("<I", len(SECRET)) + SECRET
    return b"RIFF" + struct.pack("<I", len(body)) + body + SECRET


PICTURES = {
    "jpeg": jpeg(),
    "jpeg, progressive": jpeg(progressive=True),
    "jpeg, restarts": jpeg(restart_marker_blocks=2),
    "jpeg, grey": jpeg(PICTURE.convert("L")),
    "jpeg, 4:4:4": jpeg(subsampling=0, quality=100),
    "png": png(),
    "png, palette with a hole": png(PICTURE.quantize(16), transparency=3),
    "png, alpha": png(PICTURE.convert("RGBA")),
    "png, grey": png(PICTURE.convert("L")),
    "webp": webp(),
    "webp, lossless": webp(lossless=True),
    "webp, alpha": webp(PICTURE.convert("RGBA")),
}


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_upright_pictures_lose_everything_but_pixels_and_profile(data: bytes) -> None:
    assert SECRET in data
    before = Image(data)
    after = before.stripped()
    assert SECRET not in after.data
    assert b"Exif" not in after.data
    assert after.media_type == before.media_type
    assert after.rgb().tobytes() == before.rgb().tobytes()
    opened = PIL.Image.open(io.BytesIO(after.data))
    assert opened.info["icc_profile"] == PROFILE
    assert not opened.getexif()
    assert len(after.data) < len(data)


def test_a_jpeg_of_several_scans_without_progress_is_kept() -> None:
    # Each component in a scan of its own; written by hand, for Pillow does not: one grey block each of Y, Cb and Cr.
    tables = encoded(PIL.Image.new("RGB", (8, 8), (128, 128, 128)), "JPEG", subsampling=0)
    head = tables[: tables.index(b"\xff\xda")]
    scans = b"".join(segment(0xDA, bytes((1, number, table, 0, 63, 0))) + entropy() for number, table in SCANS)
    image = Image(head[:2] + segment(0xFE, SECRET) + head[2:] + scans + b"\xff\xd9" + SECRET)
    after = image.stripped()
    assert after.data.count(b"\xff\xda") == 3
    assert SECRET not in after.data
    assert after.rgb().tobytes() == image.rgb().tobytes()


SCANS = ((1, 0x00), (2, 0x11), (3, 0x11))


def entropy() -> bytes:
    # Difference of size 0, end of block, in the standard tables: 00 1010 for luminance and 00 00 for chrominance, then ones.
    return b"\x2b"


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turned_pictures_stay_upright(kind: str, orientation: int) -> None:
    before = Image(turned(PICTURE, orientation, kind, **({"lossless": True} if kind == "WEBP" else {})))
    after = before.stripped()
    assert after.header.upright
    assert after.rgb().size == before.rgb().size == PICTURE.size
    assert b"Exif" not in after.data
    if kind != "JPEG":
        assert after.rgb().tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "PNG"])
@pytest.mark.parametrize("page", [1, 2])
def test_of_an_animation_only_the_frame_in_question_is_left(kind: str, page: int) -> None:
    frames = [scene(32, 24), scene(32, 24).rotate(180)]
    options: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True, "exif": exif(), "xmp": XMP},
        "GIF": {"comment": SECRET},
        "PNG": {"exif": exif()},
    }
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options[kind])
    before = Image(data, page=page)
    after = before.stripped()
    assert before.header.pages == 2
    assert after.header.pages == 1
    assert SECRET in data
    assert SECRET not in after.data
    assert after.rgb().tobytes() == before.rgb().tobytes()


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP", "AVIF", "JPEG2000"])
def test_other_formats_are_encoded_again_without_loss(kind: str) -> None:
    options: dict[str, dict[str, Any]] = {"GIF": {"comment": SECRET}, "TIFF": {"description": "Secret"}}
    before = Image(encoded(PICTURE, kind, **options.get(kind, {})))
    after = before.stripped()
    assert after.media_type == "image/png"
    assert SECRET not in after.data
    assert after.rgb().tobytes() == before.rgb().tobytes()


def test_a_second_picture_in_a_jpeg_does_not_leave() -> None:
    data = encoded(PICTURE, "MPO", save_all=True, append_images=[scene(16, 16)])
    first, second = Image(data), Image(data, page=2)
    assert first.header.pages == 2
    assert first.stripped().header.pages == second.stripped().header.pages == 1
    assert first.stripped().rgb().tobytes() == first.rgb().tobytes()
    assert second.stripped().rgb().tobytes() == second.rgb().tobytes()


def test_a_jpeg_that_is_odd_but_readable_is_encoded_again_without_loss() -> None:
    data = encoded(PICTURE, "JPEG", comment=SECRET)
    before = Image(data[:-2] + b"\xff\x01" + data[-2:])
    after = before.stripped()
    assert after.media_type == "image/png"
    assert after.rgb().tobytes() == before.rgb().tobytes()


def test_pixels_have_nothing_to_strip() -> None:
    after = Image(PICTURE).stripped()
    assert after.rgb().tobytes() == PICTURE.tobytes()
    assert after.media_type == "image/png"


def test_stripping_twice_changes_nothing() -> None:
    once = Image(jpeg(), name="photo.jpg").stripped()
    assert once.stripped().data == once.data
    assert once.name == "photo.jpg"
