"""A page of a PDF as a picture, drawn by PDFium (`visionhub[pdf]`)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from visionhub.image.limits import UnusableError

if TYPE_CHECKING:
    import PIL.Image

DPI = 200
MAX_SIDE = 5_000
PASSWORD = 4

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
        return math.ceil(width * scale), math.ceil(height * scale), pages


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
        raise UnusableError("is a PDF document", "Install the renderer: pip install 'visionhub[pdf]'") from None
    with _lock:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == PASSWORD:
                raise UnusableError("is a PDF that asks for a password", "Save a copy without one.") from None
            raise UnusableError("is a damaged PDF") from error
        try:
            pages = len(document)
            if page > pages:
                raise UnusableError(f"has no page {page}: it has {pages}")
            # What was filled into a form is not on the page itself.
            document.init_forms()
            yield document[page - 1], pages
        finally:
            document.close()
