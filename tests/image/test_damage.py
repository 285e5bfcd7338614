"""Damaged files of every format: a picture or an `InputError`, and nothing else."""

from __future__ import annotations

from typing import Any

import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visionhub import Image, InputError, Limits
from visionhub.testing.pictures import encoded, scene, turned

SCENE = scene(24, 16)
MORE: dict[str, Any] = {"save_all": True, "append_images": [SCENE.rotate(90), SCENE.rotate(45)]}
SEEDS = {
    "jpeg": turned(SCENE, 6),
    "jpeg, progressive": encoded(SCENE, "JPEG", progressive=True, comment=b"x"),
    "jpeg, cmyk": encoded(SCENE.convert("CMYK"), "JPEG"),
    "png": turned(SCENE, 3, "PNG"),
    "png, palette": encoded(SCENE.quantize(16), "PNG", transparency=3),
    "png, animated": encoded(SCENE, "PNG", **MORE),
    "gif": encoded(SCENE.quantize(16), "GIF"),
    "gif, animated": encoded(SCENE.quantize(16), "GIF", **MORE),
    "webp": turned(SCENE, 6, "WEBP"),
    "webp, lossless": encoded(SCENE.convert("RGBA"), "WEBP", lossless=True),
    "tiff": turned(SCENE, 6, "TIFF"),
    "tiff, packed": encoded(SCENE, "TIFF", compression="tiff_lzw"),
    "tiff, pages": encoded(SCENE, "TIFF", **MORE),
    "bmp": encoded(SCENE, "BMP"),
    "bmp, palette": encoded(SCENE.quantize(16), "BMP"),
    "ico": encoded(SCENE, "ICO", sizes=[(16, 16), (8, 8)]),
    "avif": turned(SCENE, 6, "AVIF"),
    "jpeg2000": encoded(SCENE, "JPEG2000"),
    "ppm": encoded(SCENE, "PPM"),
    "qoi": encoded(SCENE, "QOI"),
    "tga": encoded(SCENE, "TGA", compression="tga_rle"),
}
# Headers break in more ways than pixels do.
places = st.one_of(st.integers(0, 64), st.integers(0, 4096))
flips = st.lists(st.tuples(places, st.one_of(st.sampled_from([0, 1, 127, 128, 255]), st.integers(0, 255))), max_size=16)


def outcome(image: Image) -> tuple[PIL.Image.Image, Image] | InputError:
    try:
        return image.rgb(), image.stripped()
    except InputError as error:
        return error


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
@given(
    flips=flips,
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
    more=st.binary(max_size=20),
    page=st.sampled_from([1, 1, 1, 2, 3]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damage_ends_in_a_picture_or_an_input_error(
    seed: bytes, flips: list[tuple[int, int]], keep: float, more: bytes, page: int
) -> None:
    data = bytearray(seed)
    for place, value in flips:
        data[place % len(data)] = value
    cut = bytes(data[: round(len(data) * keep)]) + more
    image = Image(cut, page=page, name="damaged.img", limits=Limits(max_pixels=1_000_000))
    found = outcome(image)
    if isinstance(found, InputError):
        assert str(found).startswith("damaged.img ")
        assert found.source == "damaged.img"
        return
    pixels, after = found
    assert pixels.mode == "RGB"
    assert pixels.size == (image.width, image.height)
    assert after.header.upright
    assert after.header.pages == 1
    assert after.rgb().size == pixels.size
    if image.header.upright:
        assert after.rgb().tobytes() == pixels.tobytes()


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_the_undamaged_pictures_open(seed: bytes) -> None:
    assert Image(seed).rgb().size in {(24, 16), (16, 11)}


@given(st.binary(max_size=300))
def test_noise_is_no_picture(data: bytes) -> None:
    with pytest.raises(InputError):
        Image(data).rgb()
