"""HEIC pictures and PDF pages, with the extras that read them and without."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import PIL.Image
import pytest

from visionhub import Image, InputError, Limits
from visionhub.image import container
from visionhub.testing.pictures import encoded, page, scene

PICTURE = scene(64, 48)


def pdf(*pictures: PIL.Image.Image, **options: Any) -> bytes:
    """A document with a picture a page, at 72 dots an inch."""
    return encoded(pictures[0], "PDF", save_all=True, append_images=pictures[1:], resolution=72, **options)


def written(*objects: str) -> bytes:
    """A PDF of these objects, the first of which is the catalogue."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, one in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{one}\nendobj\n".encode())
    start = out.tell()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out.write(f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer << /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def blank(width: float, height: float) -> bytes:
    return written(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] >>",
    )


def filled_form() -> bytes:
    """A page with nothing on it but a text field, black all over."""
    return written(
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Annots [4 0 R] >>",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (b) /F 4 /Rect [18 18 54 54] /AP << /N 5 0 R >> >>",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 36 36] /Length 19 >>\nstream\n0 g 0 0 36 36 re f\n\nendstream",
    )


def test_a_page_of_a_pdf_is_drawn_at_200_dots_an_inch() -> None:
    pytest.importorskip("pypdfium2")
    data = pdf(PICTURE, scene(36, 72), page("one", width=144))
    sizes = []
    for number in (1, 2, 3):
        image = Image(data, page=number)
        assert image.header.pages == 3
        assert image.media_type == "application/pdf"
        assert image.rgb().size == (image.width, image.height)
        sizes.append(image.rgb().size)
    assert sizes[1] == (100, 200)
    drawn = np.asarray(Image(data).rgb().resize(PICTURE.size), int)
    assert np.abs(drawn - np.asarray(PICTURE)).mean() < 10
    with pytest.raises(InputError, match=r"doc\.pdf has no page 4: it has 3"):
        Image(data, page=4, name="doc.pdf").load()


def test_a_page_leaves_as_a_picture_of_its_own() -> None:
    pytest.importorskip("pypdfium2")
    image = Image(pdf(PICTURE, scene(36, 72), title="Secret"), page=2)
    after = image.stripped()
    assert after.media_type == "image/png"
    assert after.rgb().tobytes() == image.rgb().tobytes()


@pytest.mark.parametrize(("width", "height"), [(300, 300), (0.5, 100), (14_400, 14_400), (14_400, 1), (101.3, 99.7)])
def test_the_size_of_any_page_is_known_before_it_is_drawn(width: float, height: float) -> None:
    pytest.importorskip("pypdfium2")
    image = Image(blank(width, height))
    stated = image.width, image.height
    assert max(stated) <= 5_000
    assert image.rgb().size == stated


def test_what_was_filled_into_a_form_is_drawn() -> None:
    pytest.importorskip("pypdfium2")
    drawn = Image(filled_form()).rgb()
    assert drawn.getpixel((100, 100)) == (0, 0, 0)
    assert drawn.getpixel((10, 10)) == (255, 255, 255)


def test_a_page_is_held_to_the_limits() -> None:
    pytest.importorskip("pypdfium2")
    with pytest.raises(InputError, match=r"has 834 x 834 pixels, more than the 500,000 allowed"):
        Image(blank(300, 300), limits=Limits(max_pixels=500_000)).load()


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n", b"%PDF-" + bytes(500), pdf(PICTURE)[:200], written("<< /Type /Catalog >>")]
)
def test_a_damaged_pdf_is_an_error(data: bytes) -> None:
    pytest.importorskip("pypdfium2")
    with pytest.raises(InputError, match=r"doc\.pdf (is a damaged PDF|has no page 1)"):
        Image(data, name="doc.pdf").rgb()


def test_pages_may_be_drawn_by_many_threads() -> None:
    pytest.importorskip("pypdfium2")
    data = pdf(*[scene(40 + number, 40) for number in range(6)])
    with ThreadPoolExecutor(6) as pool:
        widths = list(pool.map(lambda number: Image(data, page=number).rgb().width, range(1, 7)))
    assert widths == sorted(set(widths))


def test_without_the_extra_a_pdf_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(InputError) as caught:
        Image(pdf(PICTURE), name="doc.pdf").load()
    assert str(caught.value) == "doc.pdf is a PDF document. Install the renderer: pip install 'visionhub[pdf]'"


def heic(*pictures: PIL.Image.Image, **options: Any) -> bytes:
    pytest.importorskip("pillow_heif").register_heif_opener()
    first, *more = pictures
    return encoded(first, "HEIF", save_all=True, append_images=more, **options)


def test_a_heic_picture_is_opened() -> None:
    image = Image(heic(PICTURE, quality=95))
    assert (image.media_type, image.width, image.height) == ("image/heic", 64, 48)
    assert np.abs(image.array().astype(int) - np.asarray(PICTURE)).mean() < 6


@pytest.mark.parametrize("primary", [0, 1, 2])
def test_page_one_is_the_picture_that_the_file_puts_first(primary: int) -> None:
    pictures = [scene(32 + 16 * number, 48) for number in range(3)]
    data = heic(*pictures, primary_index=primary)
    widths = [Image(data, page=number).width for number in (1, 2, 3)]
    assert widths[0] == pictures[primary].width
    assert sorted(widths) == [32, 48, 64]
    assert widths[1:] == sorted(widths[1:])
    with pytest.raises(InputError, match="has no page 4"):
        Image(data, page=4).load()


def test_without_the_extra_a_heic_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = heic(PICTURE)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(InputError) as caught:
        Image(data, name="a.heic").load()
    assert str(caught.value) == "a.heic is a HEIC picture. Install the decoder: pip install 'visionhub[heic]'"


def test_avif_needs_no_extra_even_where_its_box_says_heif_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = encoded(PICTURE, "AVIF")
    swapped = data[:8] + b"mif1" + data[12:16] + data[16:].replace(b"mif1", b"avif", 1)
    assert not container.is_heif(swapped)
    assert Image(data).rgb().size == Image(swapped).rgb().size == PICTURE.size
