"""Whatever its mode, a picture looks as it should in eight bits of RGB."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageOps
import pytest

from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
MODES = (
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "F",
    "I;16",
    "I;16B",
)


def pixel(image: Image, x: int = 0, y: int = 0) -> tuple[int, ...]:
    value = image.rgb().getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def grey16(*values: int) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.array([values], np.uint16))


def on(ground: tuple[int, int, int], picture: PIL.Image.Image) -> bytes:
    sheet = PIL.Image.new("RGBA", picture.size, ground)
    return PIL.Image.alpha_composite(sheet, picture.convert("RGBA")).convert("RGB").tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_taken(mode: str) -> None:
    image = Image(PIL.Image.new(mode, (3, 2)))
    assert image.rgb().mode == "RGB"
    assert (image.width, image.height) == (3, 2)


@pytest.mark.parametrize("mode", ["RGBA", "RGBX", "YCbCr", "HSV"])
def test_colours_survive_another_mode(mode: str) -> None:
    difference = np.abs(Image(PICTURE.convert(mode)).array().astype(int) - np.asarray(PICTURE, int))
    assert difference.max() <= (0 if mode.startswith("RGB") else 4)


def test_cmyk_with_and_without_adobes_inversion() -> None:
    red = PIL.Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        assert np.abs(np.array(pixel(Image(encoded(red, kind)))) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        ((100, 0, 0), (255, 255, 255)),
        ((50, 0, 0), (119, 119, 119)),
        ((54, 81, 70), (254, 0, 0)),
        ((88, -79, 81), (13, 255, 2)),
    ],
)
def test_lab(lab: tuple[int, int, int], rgb: tuple[int, int, int]) -> None:
    # The references follow from CIE's formulas, with the white of D50 and Bradford's adaptation to sRGB.
    light, a, b = lab
    picture = PIL.Image.new("LAB", (4, 4), (round(light * 2.55), a + 128, b + 128))
    for image in (Image(picture), Image(encoded(picture, "TIFF"))):
        assert np.abs(np.array(pixel(image)) - rgb).max() <= 16


@pytest.mark.parametrize("kind", ["PNG", "PPM"])
def test_sixteen_bits_of_grey_keep_their_brightness_however_dark_the_picture(kind: str) -> None:
    image = Image(encoded(grey16(0, 257, 25_700), kind))
    assert [pixel(image, x)[0] for x in range(3)] == [0, 1, 100]
    assert [pixel(Image(grey16(0, 257, 25_700)), x)[0] for x in range(3)] == [0, 1, 100]


@pytest.mark.parametrize(("top", "white"), [(200, 255), (4_000, 4_095), (60_000, 65_535)])
def test_a_tiff_may_use_fewer_bits_than_it_has(top: int, white: int) -> None:
    image = Image(encoded(grey16(0, top), "TIFF"))
    assert pixel(image)[0] == 0
    assert pixel(image, 1)[0] == pytest.approx(255 * top / white, abs=1)


def test_of_sixteen_bits_one_value_may_be_transparent() -> None:
    image = Image(encoded(grey16(0, 7, 8), "PNG", transparency=7))
    assert [pixel(image, x)[0] for x in range(3)] == [0, 255, 0]


@pytest.mark.parametrize(("values", "seen"), [((0.0, 0.5, 1.0), (0, 127, 255)), ((-9.0, 0.0, 255.0), (0, 0, 255))])
def test_floats_run_to_one_or_to_255(values: tuple[float, ...], seen: tuple[int, ...]) -> None:
    image = Image(PIL.Image.fromarray(np.array([values], np.float32)))
    assert [pixel(image, x)[0] for x in range(3)] == pytest.approx(seen, abs=1)


def test_what_is_no_number_is_no_pixel() -> None:
    with pytest.raises(InputError, match="no numbers"):
        Image(PIL.Image.fromarray(np.array([[np.nan, 1]], np.float32))).rgb()


def fading() -> PIL.Image.Image:
    """Opaque in the middle, less and less so towards the corners."""
    picture = PICTURE.convert("RGBA")
    picture.putalpha(PIL.ImageOps.invert(PIL.Image.radial_gradient("L")).resize(picture.size))
    return picture


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_lies_on_white(mode: str) -> None:
    picture = PICTURE.quantize(8).convert("PA") if mode == "PA" else fading().convert(mode)
    difference = np.frombuffer(on((255, 255, 255), picture), np.uint8).astype(int) - Image(picture).array().ravel()
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_lies_on_white(kind: str) -> None:
    palette = PICTURE.quantize(8)
    hole = palette.getpixel((0, 0))
    image = Image(encoded(palette, kind, transparency=hole))
    assert pixel(image) == (255, 255, 255)
    assert pixel(image, 20, 20) == palette.convert("RGB").getpixel((20, 20))


def logo(light: tuple[int, int, int], accent: tuple[int, int, int] | None = None) -> PIL.Image.Image:
    picture = PIL.Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    picture.paste((*light, 255), (10, 10, 50, 30))
    if accent:
        picture.paste((*accent, 255), (10, 10, 14, 30))
    return picture


@pytest.mark.parametrize(
    ("picture", "ground"),
    [
        (logo((255, 255, 255)), 0),
        (logo((250, 250, 245)), 0),
        (logo((255, 255, 255), accent=(250, 90, 60)), 0),
        (logo((200, 200, 200)), 255),
        (logo((20, 20, 20)), 255),
        (logo((255, 255, 255), accent=(0, 0, 0)), 255),
        (PIL.Image.new("RGBA", (60, 40), (255, 255, 255, 0)), 255),
    ],
    ids=["white", "nearly white", "white and some red", "grey", "dark", "white and black", "nothing"],
)
def test_only_what_would_vanish_on_white_lies_on_black(picture: PIL.Image.Image, ground: int) -> None:
    assert pixel(Image(picture)) == (ground,) * 3


def test_a_faint_shadow_does_not_count_as_much_as_what_is_opaque() -> None:
    picture = PIL.Image.new("RGBA", (60, 40), (0, 0, 0, 3))
    picture.paste((255, 255, 255, 255), (20, 10, 40, 30))
    assert pixel(Image(picture), 30, 20) == (255, 255, 255)
    assert max(pixel(Image(picture))) < 5


def swapped() -> bytes:
    """A profile whose red is sRGB's green and the other way round."""
    profile = bytearray(PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile).replace(b"s\0R\0G\0B", b"x\0R\0G\0B").replace(b"\0s\0R\0G\0B", b"\0x\0R\0G\0B")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_colours_are_those_that_the_profile_means(kind: str) -> None:
    options: dict[str, Any] = {"quality": 100} if kind in ("JPEG", "WEBP") else {}
    data = encoded(PIL.Image.new("RGB", (16, 16), (255, 0, 0)), kind, icc_profile=swapped(), **options)
    assert np.abs(np.array(pixel(Image(data))) - (0, 255, 0)).max() <= 8
    assert "icc_profile" not in Image(data).rgb().info


@pytest.mark.parametrize(
    "profile", [b"nonsense", PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_does_not_fit_is_passed_over(profile: bytes) -> None:
    image = Image(encoded(PIL.Image.new("RGB", (4, 4), (255, 0, 0)), "PNG", icc_profile=profile))
    assert pixel(image) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pixels_carry_nothing_else_along(kind: str) -> None:
    exif = PIL.Image.Exif()
    exif[0x010F] = "Secret camera"
    data = encoded(PICTURE, kind, comment=b"Secret", exif=exif, tiffinfo={700: b"Secret", 33723: b"Secret"})
    assert b"Secret" in data
    with PIL.Image.open(io.BytesIO(data)) as opened:
        known = dict(opened.info)
        for image in (Image(data), Image(opened)):
            pixels = image.rgb()
            assert (pixels.info, dict(pixels.getexif())) == ({}, {})
            assert not any(b"Secret" in encoded(pixels, again) for again in ("JPEG", "PNG", "WEBP", "TIFF"))
        assert opened.info.items() >= known.items()
