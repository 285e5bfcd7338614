"""Pixels that are in memory already: NumPy arrays, tensors, PIL images."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from visionhub import Image, InputError
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
ARRAY = np.asarray(PICTURE)


class Tensor:
    """As much of `torch.Tensor` as is needed to tell a picture from it; on a device until `cpu()` is called."""

    def __init__(self, values: NDArray[Any], *, wants_grad: bool = True, is_far: bool = True) -> None:
        self._values, self._wants_grad, self._is_far = values, wants_grad, is_far
        self.shape, self.ndim = values.shape, values.ndim

    def detach(self) -> Tensor:
        return Tensor(self._values, wants_grad=False, is_far=self._is_far)

    def cpu(self) -> Tensor:
        return Tensor(self._values, wants_grad=self._wants_grad, is_far=False)

    def permute(self, *axes: int) -> Tensor:
        return Tensor(self._values.transpose(axes), wants_grad=self._wants_grad, is_far=self._is_far)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        assert not self._wants_grad
        assert not self._is_far
        return np.array(self._values, dtype=dtype, copy=copy)


def pixels(source: Any) -> NDArray[np.uint8]:
    return Image(source).array()


def said(source: Any) -> str:
    with pytest.raises(InputError) as caught:
        Image(source, name="x").load()
    assert str(caught.value).startswith("x ")
    return str(caught.value)


@pytest.mark.parametrize(
    "array",
    [
        ARRAY,
        ARRAY.astype(np.float64) / 255,
        ARRAY.astype(np.float32) / 255,
        ARRAY.astype(np.uint16) * 257,
        ARRAY.astype(">u2") * 257,
        ARRAY.astype(">f4") / 255,
        np.asfortranarray(ARRAY),
        ARRAY[::-1, ::-1][::-1, ::-1],
        ARRAY[:, :, ::-1][:, :, ::-1],
        np.repeat(ARRAY, 2, axis=1)[:, ::2],
        np.dstack([ARRAY, np.full(ARRAY.shape[:2], 255, np.uint8)]),
        np.frombuffer(ARRAY.tobytes(), np.uint8).reshape(ARRAY.shape),
    ],
    ids=["uint8", "float64", "float32", "uint16", "big-endian", "big-endian floats", "column order", "flipped twice",
         "channels turned twice", "strided", "alpha", "read-only"],
)  # fmt: skip
def test_arrays_of_colour(array: NDArray[Any]) -> None:
    assert np.array_equal(pixels(array), ARRAY)


def test_negative_strides_are_what_they_look_like() -> None:
    assert np.array_equal(pixels(ARRAY[::-1]), ARRAY[::-1])
    assert np.array_equal(pixels(ARRAY[:, :, ::-1]), ARRAY[:, :, ::-1])


def test_float16_is_as_near_as_it_can_be() -> None:
    assert np.abs(pixels((ARRAY / 255).astype(np.float16)).astype(int) - ARRAY).max() <= 1


@pytest.mark.parametrize("shape", [(32, 48), (32, 48, 1)])
def test_arrays_of_grey(shape: tuple[int, ...]) -> None:
    grey = np.asarray(PICTURE.convert("L"))
    assert np.array_equal(pixels(grey.reshape(shape)), np.dstack([grey] * 3))
    mask = (grey > 128).reshape(shape)
    assert set(np.unique(pixels(mask))) == {0, 255}


def test_a_transparent_array_lies_on_white() -> None:
    clear = np.dstack([ARRAY, np.zeros(ARRAY.shape[:2], np.uint8)])
    assert np.all(pixels(clear) == 255)


@pytest.mark.parametrize("values", [ARRAY, ARRAY.astype(np.float32) / 255])
def test_tensors_have_their_channels_first_or_last(values: NDArray[Any]) -> None:
    assert np.array_equal(pixels(Tensor(values.transpose(2, 0, 1))), ARRAY)
    assert np.array_equal(pixels(Tensor(values)), ARRAY)


def test_grey_tensors_and_narrow_ones() -> None:
    grey = np.asarray(PICTURE.convert("L"))
    assert np.array_equal(pixels(Tensor(grey)), pixels(grey))
    assert np.array_equal(pixels(Tensor(grey[None])), pixels(grey))
    narrow = ARRAY[:, :3].transpose(2, 0, 1)
    assert np.array_equal(pixels(Tensor(narrow)), ARRAY[:, :3])


@pytest.mark.parametrize("shape", [(), (9,), (1, 2, 3, 4), (32, 48, 2), (32, 48, 5), (4, 0, 3), (0, 4), (2, 32, 48)])
def test_shapes_that_are_no_picture(shape: tuple[int, ...]) -> None:
    assert "no picture" in said(np.zeros(shape, np.uint8)) or "has no pixels" in said(np.zeros(shape, np.uint8))


def test_advice_for_common_mistakes() -> None:
    assert "`array.transpose(1, 2, 0)`" in said(ARRAY.transpose(2, 0, 1))
    assert "`array.tobytes()`" in said(np.frombuffer(encoded(PICTURE), np.uint8))
    assert "one picture at a time" in said(ARRAY[None])
    assert "Divide by 255" in said(ARRAY.astype(np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 1.5])
def test_floats_out_of_range(value: float) -> None:
    values = np.full((4, 4), 0.5)
    values[2, 2] = value
    assert "has floats outside 0..1" in said(values)


def test_floats_a_hair_out_of_range_are_rounding() -> None:
    assert set(np.unique(pixels(np.array([[-1e-6, 1 + 1e-6]])))) == {0, 255}


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint32, np.complex64, "U1", "datetime64[s]", object])
def test_kinds_that_are_no_picture(kind: Any) -> None:
    assert "is an array of" in said(np.zeros((4, 4), dtype=kind))


def test_neither_array_nor_pil_image_is_changed_or_shared() -> None:
    array, picture = ARRAY.copy(), PICTURE.copy()
    picture.info["comment"] = "mine"
    for source in (array, picture):
        drawn = Image(source).rgb()
        drawn.paste("red", (0, 0, 9, 9))
    assert np.array_equal(array, ARRAY)
    assert picture.tobytes() == PICTURE.tobytes()
    assert picture.info == {"comment": "mine"}


def test_a_pil_image_that_is_not_decoded_yet_is_measured_first() -> None:
    opened = PIL.Image.open(io.BytesIO(encoded(PICTURE, "JPEG")))
    assert Image(opened).rgb().size == PICTURE.size
    broken = PIL.Image.open(io.BytesIO(encoded(PICTURE, "PNG")[:-60]))
    assert "truncated" in said(broken)


def test_the_frame_that_a_pil_image_stands_at_is_meant() -> None:
    opened = PIL.Image.open(io.BytesIO(encoded(PICTURE, "TIFF", save_all=True, append_images=[scene(20, 30)])))
    opened.seek(1)
    assert Image(opened).width == 20


def test_pictures_without_pixels() -> None:
    assert "has no pixels: it is 0 x 5" in said(PIL.Image.new("RGB", (0, 5)))
