"""What an `Image` promises, whatever it was made of."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
import pytest
from pydantic import ValidationError

from visionhub import Image, InputError, Limits
from visionhub.tasks import DetectCall
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
PNG = encoded(PICTURE)
FRAMES = encoded(PICTURE, "GIF", save_all=True, append_images=[PICTURE.rotate(180), PICTURE.rotate(90)])
PAGES = encoded(PICTURE, "TIFF", save_all=True, append_images=[scene(20, 30), scene(10, 10)])


class Once(io.RawIOBase):
    """A stream that can be read once and not rewound, and gives a little at a time, as a pipe does."""

    def __init__(self, data: bytes) -> None:
        self._left = io.BytesIO(data)
        self.reads = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        return self._left.read(min(size, 100) if size >= 0 else 100)


def test_making_one_reads_nothing_and_reading_it_decodes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image(path)
    path.write_bytes(PNG[:-100])
    assert (image.loaded, repr(image)) == (False, f"Image('{path}')")
    assert (image.width, image.height, image.media_type) == (48, 32, "image/png")
    assert image.data == PNG[:-100]
    assert repr(image) == f"Image('{path}', 48x32 image/png)"
    with pytest.raises(InputError, match="truncated"):
        image.rgb()


def test_equality_is_of_content(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    one, two, other = Image(path), Image(PNG), Image(encoded(scene(47, 32)))
    assert one == two
    assert hash(one) == hash(two)
    assert one != other
    assert one != PNG
    assert {one, two, other} == {two, other}
    assert Image(PICTURE) == Image(PICTURE.copy())


def test_every_page_has_a_digest_of_its_own() -> None:
    digests = {Image(PAGES, page=page).sha256 for page in (1, 2, 3)}
    # A file whose end pretends to be another page of another file is still another picture.
    digests.add(Image(PAGES + b",page 2").sha256)
    digests.add(Image(PICTURE).sha256)
    assert len(digests) == 5


def test_pages_and_frames_are_chosen_by_number() -> None:
    assert [Image(PAGES, page=page).width for page in (1, 2, 3)] == [48, 20, 10]
    assert Image(FRAMES).header.pages == Image(PAGES).header.pages == 3
    second = Image(FRAMES, page=2).rgb()
    assert second.getpixel((47, 31)) == pytest.approx(PICTURE.getpixel((0, 0)), abs=8)


@pytest.mark.parametrize("data", [PNG, FRAMES, PAGES])
def test_a_page_that_is_not_there_is_an_error(data: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.tif has no page 4"):
        Image(data, page=4, name="x.tif").load()
    for page in (0, -1):
        with pytest.raises(InputError, match="pages count from 1"):
            Image(data, page=page)
    with pytest.raises(InputError, match="has no page 2: it is one picture in memory"):
        Image(PICTURE, page=2).load()


def test_limits_hold_for_every_source(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    small, narrow = Limits(max_bytes=100), Limits(max_pixels=48 * 32 - 1)
    for source in (path, PNG, io.BytesIO(PNG), Once(PNG)):
        with pytest.raises(InputError, match="is larger than 100 bytes"):
            Image(source, limits=small).load()
    for pixels in (PNG, PICTURE, encoded(PICTURE.rotate(90, expand=True), "JPEG")):
        with pytest.raises(InputError, match=r"pixels, more than the 1,535 allowed"):
            Image(pixels, limits=narrow).load()
    assert Image(PNG, limits=Limits(max_pixels=48 * 32, max_bytes=len(PNG))).load().loaded


def test_limits_of_its_own_stand_above_those_of_the_call() -> None:
    strict, lax = Limits(max_pixels=1), Limits()
    assert Image(PNG, limits=lax).load(strict).loaded
    with pytest.raises(InputError):
        Image(PNG, limits=strict).load(lax)
    with pytest.raises(InputError):
        Image(PNG).load(strict)


def test_a_picture_of_a_picture_is_read_again() -> None:
    first = Image(PAGES, name="scan.tif").load()
    second = Image(first, page=2)
    assert (second.name, second.width) == ("scan.tif", 20)
    assert Image.of(first) is first
    assert Image.of(PAGES) == first


def test_unread_holds_what_it_takes_to_read_it_again(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    for source in (path, PNG, io.BytesIO(PNG), Once(PNG), PICTURE):
        image = Image(source, name="x")
        image.rgb()
        again = image.unread()
        assert not again.loaded
        assert again.name == "x"
        assert again == image


@pytest.mark.parametrize("loaded", [False, True])
def test_copies_and_pickles_are_equal(tmp_path: Path, loaded: bool) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(PAGES)
    for source in (path, str(path), PAGES, bytearray(PAGES), io.BytesIO(PAGES), Once(PAGES)):
        image = Image(source, page=2, name="x")
        if loaded:
            image.rgb()
        copies = [pickle.loads(pickle.dumps(image)), copy.copy(image), copy.deepcopy(image)]
        assert {again.loaded for again in copies} == {image.loaded}
        for again in copies:
            assert (again.name, again.page) == ("x", 2)
            assert again == image
            assert again.rgb().tobytes() == image.rgb().tobytes()


def test_pixels_can_be_pickled() -> None:
    image = pickle.loads(pickle.dumps(Image(PICTURE.convert("RGBA"))))
    assert image == Image(PICTURE)


def test_a_picture_that_was_read_says_the_same_where_its_file_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    unread, read = Image(path), Image(path).load()
    sent = pickle.dumps(unread), pickle.dumps(read)
    assert [PNG in one for one in sent] == [False, True]
    path.unlink()
    assert pickle.loads(sent[1]).rgb().tobytes() == PICTURE.tobytes()
    with pytest.raises(InputError, match="does not exist"):
        pickle.loads(sent[0]).load()


def test_many_threads_read_a_stream_once_and_get_the_same_pixels() -> None:
    stream = Once(PNG)
    image, start = Image(stream), threading.Barrier(8)

    def use(number: int) -> tuple[int, int]:
        start.wait()
        return (image.width, id(image.rgb())) if number % 2 else (image.load().width, id(image.rgb()))

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(use, range(8)))
    assert answers == {(48, id(image.rgb()))}
    assert stream.reads == len(PNG) // 100 + 2


def test_data_of_pixels_is_a_png() -> None:
    image = Image(PICTURE)
    assert image.media_type == "image/png"
    assert Image(image.data).rgb().tobytes() == PICTURE.tobytes()
    assert image.data is image.data


def test_a_notebook_shows_it() -> None:
    shown = PIL.Image.open(io.BytesIO(Image(PNG)._repr_png_()))
    assert shown.tobytes() == PICTURE.tobytes()


def test_the_array_cannot_be_written_to() -> None:
    array = Image(PNG).array()
    assert array.shape == (32, 48, 3)
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0, 0] = 1


def test_neither_repr_nor_error_shows_the_picture() -> None:
    call = DetectCall(image=Image(PNG))
    for text in (repr(Image(PNG)), repr(call), str(call), str(Image(PNG[:40]).loaded)):
        assert "IHDR" not in text
        assert len(text) < 500
    for secretive in (
        b"P6\nSECRETSECRETSECRETSECRET",
        b"P6\n9 SECRET 9\n",
        b"P2 2 2 9\nSECRET",
        b"P2 2 2 9\nSECRETSECRETSECRET",
    ):
        with pytest.raises(InputError) as caught:
            Image(secretive).rgb()
        assert "SECRET" not in str(caught.value)
        assert "<" in str(caught.value)


def test_an_unreadable_picture_in_a_call_is_an_input_error_when_it_is_read() -> None:
    call = DetectCall.model_validate({"image": b"nonsense"})
    assert isinstance(call.image, Image)
    with pytest.raises(InputError) as caught:
        call.image.load()
    assert caught.value.source == "<8 bytes>"
    assert caught.value.to_dict()["source"] == "<8 bytes>"
    with pytest.raises((InputError, ValidationError)):
        DetectCall.model_validate({"image": None}).image.load()
