"""A page of a PDF as a picture, drawn by PDFium (`visionhub[pdf]`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from visionhub.errors import InputError

if TYPE_CHECKING:
    import PIL.Image

DPI = 200
MAX_SIDE = 5_000

# PDFium may be entered by one thread at a time.
_lock = threading.Lock()


def is_pdf(data: bytes) -> bool:
    """Whether the bytes begin as a PDF does."""
    return data[:5] == b"%PDF-"


def measure(data: bytes, page: int) -> tuple[int, int, int]:
    """Width and height of the page as it will be drawn, and the number of pages."""
    with _sheet(data, page) as (sheet, pages):
        width, height = sheet.get_size()
        scale = _scale(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale)), pages


def draw(data: bytes, page: int) -> PIL.Image.Image:
    """The page at 200 dpi, or less where a side would pass 5,000 pixels; mode RGB."""
    with _sheet(data, page) as (sheet, _):
        picture: PIL.Image.Image = sheet.render(scale=_scale(*sheet.get_size())).to_pil()
        return picture.convert("RGB")


def _scale(width: float, height: float) -> float:
    return min(DPI / 72, MAX_SIDE / max(width, height, 1.0))


@contextmanager
def _sheet(data: bytes, page: int) -> Iterator[tuple[Any, int]]:
    try:
        import pypdfium2
    except ImportError:
        raise InputError("It is a PDF document.", hint="Install the renderer: pip install 'visionhub[pdf]'") from None
    with _lock:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise InputError(f"The PDF cannot be opened: {error}") from error
        try:
            pages = len(document)
            if page > pages:
                raise InputError(f"There is no page {page}: the PDF has {pages}.")
            yield document[page - 1], pages
        finally:
            document.close()
