"""A JPEG that will be made smaller is decoded at a part of its size."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from visionhub import Image


def jpeg(width: int, height: int, orientation: int = 1, mode: str = "RGB") -> bytes:
    ramp = np.linspace(0, 255, width)[None, :, None] * np.ones((height, 1, 3))
    picture = PIL.Image.fromarray(ramp.astype(np.uint8)).convert(mode)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    with io.BytesIO() as file:
        picture.save(file, "JPEG", exif=exif)
        return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize(("least", "scale"), [(399, 1), (200, 2), (101, 2), (100, 4), (50, 8), (1, 8)])
def test_it_is_not_smaller_than_it_has_to_be(mode: str, orientation: int, least: int, scale: int) -> None:
    image = Image(jpeg(400, 300, orientation, mode))
    upright = (400, 300) if orientation in (1, 3) else (300, 400)
    wanted = (least, least * 3 // 4 or 1) if orientation in (1, 3) else (least * 3 // 4 or 1, least)
    small = image.reduced(*wanted)
    assert small.mode == "RGB"
    assert small.size == tuple(-(-side // scale) for side in upright)
    assert (image.width, image.height) == upright
    assert image.rgb().size == upright
    whole = np.asarray(image.rgb().resize(small.size, PIL.Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(small) - whole).mean() < 3


def test_what_is_decoded_already_or_no_jpeg_stays_whole() -> None:
    image = Image(jpeg(400, 300))
    assert image.rgb() is image.reduced(10, 10)
    picture = PIL.Image.new("RGB", (400, 300))
    with io.BytesIO() as file:
        picture.save(file, "PNG")
        assert Image(file.getvalue()).reduced(10, 10).size == (400, 300)
