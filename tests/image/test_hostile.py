"""Files that are made to cost much: each is refused before it does."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import PIL.Image
import PIL.ImageFile
import pytest

from visionhub import Image, InputError, Limits
from visionhub.image import container
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
LARGE = 12_000


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int) -> bytes:
    """A PNG that states a size, with next to no pixels in it."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return container.PNG_START + head + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")


def apng(width: int, height: int) -> bytes:
    data = png(width, height)
    control = png_chunk(b"acTL", struct.pack(">II", 3, 0))
    frame = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 1, 1, 0, 0))
    return data[:33] + control + frame + data[33:]


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + info + bytes(64)


def gif(width: int, height: int, frames: bytes = b"") -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frames + b";"


def gif_frame(left: int, top: int, width: int, height: int) -> bytes:
    return b"," + struct.pack("<4HB", left, top, width, height, 0) + b"\x02\x02\x44\x01\x00"


def tiff(pages: int, width: int = 1, height: int = 1, *, loop: bool = False) -> bytes:
    """A TIFF of many pages that are all the same pixel."""
    out, at, size = [b"II*\0\x08\0\0\0"], 8, 2 + 9 * 12 + 4
    fields = (
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, 1),
        (279, 4, 1),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields)
    for page in range(pages):
        following = at + size if page < pages - 1 else 8 if loop else 0
        out.append(struct.pack("<H", len(fields)) + entries + struct.pack("<I", following))
        at += size
    return b"".join(out)


def ico(picture: bytes) -> bytes:
    """An icon whose directory says 16 x 16, whatever the picture in it says."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(encoded(PICTURE, "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    data = bytearray(encoded(PICTURE, "WEBP", lossless=True))
    bits = int.from_bytes(data[21:25], "little") & ~0xFFF_FFFF | (width - 1) | (height - 1) << 14
    data[21:25] = bits.to_bytes(4, "little")
    return bytes(data)


BOMBS = {
    "png": png(LARGE, LARGE),
    "bmp": bmp(LARGE, LARGE),
    "gif": gif(LARGE, LARGE, gif_frame(0, 0, 1, 1)),
    "tiff": tiff(1, LARGE, LARGE),
    "jpeg": jpeg(LARGE, LARGE),
    "webp": webp(LARGE, LARGE),
    "ppm": b"P6 %d %d 255\n" % (LARGE, LARGE),
    "icon with a png": ico(png(LARGE, LARGE)),
    "icon with a bmp": ico(bmp(LARGE, 2 * LARGE)[14:]),
    "apng": apng(LARGE, LARGE),
    "gif whose second frame is large": gif(10, 10, gif_frame(0, 0, 1, 1) + gif_frame(60_000, 60_000, 5, 5)),
}


@pytest.fixture
def nothing_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(PIL.ImageFile.ImageFile, "load", fail)


@pytest.mark.usefixtures("nothing_is_decoded")
@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_before_they_are_decoded(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(InputError, match=r"pixels, more than the 100,000,000 allowed\. Raise `max_pixels`"):
        Image(data).rgb()
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.usefixtures("nothing_is_decoded")
@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_a_later_page_of_a_bomb_is_refused_as_well(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(InputError):
        Image(data, page=3).rgb()
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.usefixtures("nothing_is_decoded")
def test_beyond_pillows_own_limit_it_is_named() -> None:
    with pytest.raises(InputError, match=r"more pixels than the 178,956,970 that Pillow opens"):
        Image(png(60_000, 60_000)).load()


def test_a_limit_above_pillows_warning_is_kept_without_a_word() -> None:
    # Warnings are errors here.
    wide = Image(png(10_000, 9_500), limits=Limits(max_pixels=95_000_000))
    assert wide.width == 10_000


def test_a_progressive_jpeg_has_few_scans() -> None:
    data = encoded(PICTURE, "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    usual = data[:-2] + scan * 20 + b"\xff\xd9"
    assert Image(usual).rgb().size == PICTURE.size
    with pytest.raises(InputError, match="a progressive JPEG of more than 50 scans"):
        Image(data[:-2] + scan * 60 + b"\xff\xd9").load()
    # What only looks like scans, behind the end or in a comment, does not count.
    assert Image(data + b"\xff\xda" * 99).rgb().size == PICTURE.size
    assert Image(encoded(PICTURE, "JPEG", progressive=True, comment=b"\xff\xda" * 99)).rgb().size == PICTURE.size


@pytest.mark.parametrize(
    "make",
    [
        lambda data: data["JPEG"][:2] + b"\xff\xe5\x00\x02" * 200_000 + data["JPEG"][2:],
        lambda data: data["PNG"][:33] + png_chunk(b"teSt", b"") * 200_000 + data["PNG"][33:],
        lambda data: data["PNG"][:-12] + png_chunk(b"teSt", b"") * 200_000 + data["PNG"][-12:],
        lambda _: gif(9, 9, b"\x21\xfe" + b"\x01a" * 600_000 + b"\0" + gif_frame(0, 0, 1, 1)),
        lambda _: b"P6\n" + b" " * 600_000 + b"1 1 255\nabc",
    ],
    ids=["jpeg segments", "png chunks", "png chunks behind the pixels", "gif comments", "ppm spaces"],
)
def test_a_file_of_endless_parts_is_given_up(make: Callable[[dict[str, bytes]], bytes]) -> None:
    data = {kind: encoded(PICTURE, kind) for kind in ("JPEG", "PNG")}
    with pytest.raises(InputError, match="is made of too many parts"):
        Image(make(data)).rgb()


def test_many_pages_are_counted_up_to_ten_thousand() -> None:
    assert Image(tiff(300)).header.pages == 300
    assert Image(tiff(300, loop=True)).header.pages == 300
    assert Image(tiff(20_000)).header.pages == 10_000
    assert Image(gif(9, 9, gif_frame(0, 0, 1, 1) * 20_000)).header.pages == 10_000


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("pages", [1, 2, 7])
def test_pages_are_counted_as_pillow_counts_them(pages: int, big: bool) -> None:
    more: dict[str, Any] = {"save_all": True, "append_images": [PICTURE.rotate(40 * turn) for turn in range(1, pages)]}
    kinds: dict[str, dict[str, Any]] = {"TIFF": {"big_tiff": big}, "GIF": {"comment": b"x" * 999}}
    for kind, options in kinds.items():
        data = encoded(PICTURE, kind, **more, **options)
        assert PIL.Image.open(io.BytesIO(data)).n_frames == pages  # type: ignore[attr-defined]
        assert Image(data).header.pages == pages


def test_a_tiff_of_the_other_byte_order_is_counted_too() -> None:
    fields = struct.pack(">HHIHH", 256, 3, 1, 5, 0)
    first = struct.pack(">H", 1) + fields + struct.pack(">I", 8 + 18)
    assert container.tiff_pages(b"MM\0*\0\0\0\x08" + first + struct.pack(">H", 0) + struct.pack(">I", 0)) == 2
    assert container.tiff_pages(b"MM\0*\xff\xff\xff\xff") == 1


def test_a_picture_that_holds_more_than_it_says_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    # No format is known in which that still happens; this guards against the next.
    image = Image(encoded(PICTURE)).load()
    monkeypatch.setattr("visionhub.image.decode.pixels", lambda *_: scene(10, 10))
    with pytest.raises(InputError, match="is damaged: it says 48 x 32 and holds 10 x 10"):
        image.rgb()
