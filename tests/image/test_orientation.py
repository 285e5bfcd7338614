"""However a picture is stored, it is upright once it is opened."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.PngImagePlugin
import pytest

from visionhub.image import Image
from visionhub.testing.pictures import ORIENTATION, encoded, scene, turned

ORIENTATIONS = range(1, 9)
SIZE = 48, 32
UPRIGHT = scene(*SIZE)
LOSSLESS: dict[str, dict[str, Any]] = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}
# Quality at which the sharp edges of the drawing survive.
LOSSY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 98, "subsampling": 0},
    "AVIF": {"quality": 98, "subsampling": "4:4:4"},
    "HEIF": {"quality": 98, "chroma": 444},
}


def exif(orientation: int) -> PIL.Image.Exif:
    tags = PIL.Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def xmp(orientation: int) -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>%d</tiff:Orientation></x:xmpmeta>' % orientation


def stored(orientation: int) -> PIL.Image.Image:
    """The pixels that such an orientation turns upright."""
    return PIL.Image.open(io.BytesIO(turned(UPRIGHT, orientation, "PNG"))).copy()


def distance(image: Image) -> float:
    return float(np.abs(np.asarray(UPRIGHT, int) - image.array()).mean())


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_pictures_are_equal_in_all_orientations(kind: str, orientation: int) -> None:
    image = Image(turned(UPRIGHT, orientation, kind, **LOSSLESS[kind]))
    assert (image.width, image.height) == SIZE
    assert image.header.upright is (orientation == 1)
    assert image.rgb().tobytes() == UPRIGHT.tobytes()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_pictures_are_alike_in_all_orientations(kind: str, orientation: int) -> None:
    picture = stored(orientation)
    picture.info["exif"] = exif(orientation).tobytes()
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    image = Image(encoded(picture, kind, exif=picture.info["exif"], **LOSSY[kind]))
    assert (image.width, image.height) == image.rgb().size == SIZE
    # A wrong turn of this drawing differs by 30 and more.
    assert distance(image) < 4


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "TIFF"])
def test_an_orientation_that_only_xmp_states_counts(kind: str, orientation: int) -> None:
    texts = PIL.PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", xmp(orientation).decode())
    special: dict[str, dict[str, Any]] = {"PNG": {"pnginfo": texts}, "TIFF": {"tiffinfo": {700: xmp(orientation)}}}
    options = special.get(kind, {"xmp": xmp(orientation)})
    image = Image(encoded(stored(orientation), kind, **options, **(LOSSY | LOSSLESS)[kind]))
    assert (image.width, image.height) == image.rgb().size == SIZE
    assert distance(image) < 4


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_metadata_behind_the_pixels_of_a_png_counts(orientation: int) -> None:
    data = turned(UPRIGHT, orientation, "PNG")
    if orientation > 1:
        start = data.index(b"eXIf") - 4
        end = start + 12 + int.from_bytes(data[start : start + 4])
        data = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    image = Image(data)
    assert (image.width, image.height) == SIZE
    assert image.rgb().tobytes() == UPRIGHT.tobytes()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_pil_image_is_turned_by_its_file_or_by_the_tag_set_on_it(orientation: int) -> None:
    from_file = PIL.Image.open(io.BytesIO(turned(UPRIGHT, orientation, "PNG")))
    tagged = stored(orientation)
    tagged.getexif()[ORIENTATION] = orientation
    for picture in (from_file, tagged):
        assert Image(picture).rgb().tobytes() == UPRIGHT.tobytes()
    assert tagged.size == stored(orientation).size
    assert tagged.getexif()[ORIENTATION] == orientation


@pytest.mark.parametrize("nonsense", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(nonsense: int) -> None:
    image = Image(encoded(UPRIGHT, "PNG", exif=exif(nonsense)))
    assert image.header.upright
    assert image.rgb().tobytes() == UPRIGHT.tobytes()


def test_broken_metadata_does_not_cost_the_picture() -> None:
    good = encoded(UPRIGHT, "PNG", exif=exif(1).tobytes()[:11])
    assert Image(good).rgb().tobytes() == UPRIGHT.tobytes()
