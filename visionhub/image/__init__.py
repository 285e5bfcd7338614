"""`Image`: the picture as every call sees it: upright, sRGB, eight bits, one page.

source.py   bytes out of a path, a URL, a file, a data array          fetch.py   the guarded download behind a URL
decode.py   bytes to a header, and to upright sRGB pixels             encode.py  pixels to bytes; metadata stripped
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from visionhub.errors import InputError
from visionhub.image.source import ImageSource, Limits, describe, is_path, is_pixels, read

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from visionhub.image.decode import Header

__all__ = ["Image", "ImageSource", "Limits"]


class Image:
    """A picture from a path, URL, bytes, binary file, PIL image, NumPy array or torch tensor.

    Making one costs nothing: the source is read at first need (or by `load()`), its header checked against `limits`, its
    pixels decoded only when someone asks for them. Width and height are those of the upright picture, EXIF orientation
    applied. Colours are sRGB; transparent parts lie on white (on black, where all that is visible is nearly white).

    Arrays are `(height, width)`, `(height, width, 1 | 3 | 4)` or, for tensors, `(1 | 3 | 4, height, width)`; RGB order; uint8,
    uint16, bool, or floats in 0..1. `page` counts from 1 and chooses a page of a TIFF or PDF, or a frame of an animation.

    Every way of using a picture raises `InputError`, naming the picture and the reason, if it cannot be read.
    """

    def __init__(
        self, source: ImageSource, *, page: int = 1, name: str | None = None, limits: Limits | None = None
    ) -> None:
        if page < 1:
            raise InputError(f"There is no page {page}: pages count from 1.")
        self._source = source
        self.page = page
        self._limits = limits
        self._data: bytes | None = None
        self._header: Header | None = None
        self._pixels: PIL.Image.Image | None = None
        self._sha256: str | None = None
        self.name = name or describe(source)

    @classmethod
    def of(cls, source: ImageSource) -> Image:
        """`source` itself if it is an `Image`, else a new one of it."""
        return source if isinstance(source, Image) else cls(source)

    def load(self, limits: Limits | None = None) -> Image:
        """Reads the source and checks its header; returns the same picture.

        `limits` apply only if the picture was made without its own and is not loaded yet.
        """
        if self._header is None:
            from visionhub.image import decode

            limits = self._limits or limits or Limits()
            with _naming(self.name):
                if is_pixels(self._source):
                    self._pixels = decode.upright(decode.from_pixels(self._source))
                    decode.check_size(self._pixels.width, self._pixels.height, limits.max_pixels)
                    self._header = decode.Header("image/png", self._pixels.width, self._pixels.height)
                else:
                    self._data = read(self._source, limits)
                    self._header = decode.header(self._data, self.page, limits.max_pixels)
        return self

    @property
    def loaded(self) -> bool:
        """Whether the source has been read."""
        return self._header is not None

    def unread(self) -> Image:
        """The same picture holding no more than it takes to read it again: no decoded pixels, and no bytes of a file."""
        source = self._source if is_pixels(self._source) or is_path(self._source) or self._data is None else self._data
        return Image(source, page=self.page, name=self.name, limits=self._limits)

    @property
    def header(self) -> Header:
        """Media type, upright size, number of pages and orientation, as the file states them."""
        self.load()
        assert self._header is not None
        return self._header

    @property
    def width(self) -> int:
        """Pixels across, upright."""
        return self.header.width

    @property
    def height(self) -> int:
        """Pixels down, upright."""
        return self.header.height

    @property
    def media_type(self) -> str:
        """Of `data`, e.g. `image/jpeg`."""
        return self.header.media_type

    @property
    def data(self) -> bytes:
        """The encoded picture: the source's own bytes, unchanged, or a PNG where the source is pixels."""
        self.load()
        if self._data is None:
            from visionhub.image import encode

            self._data = encode.encode(self.rgb(), "image/png")
        return self._data

    @property
    def sha256(self) -> str:
        """Hex digest of the content: of the source's bytes and page, or of size and pixels. Never of a path or URL."""
        if self._sha256 is None:
            self.load()
            if is_pixels(self._source):
                pixels = self.rgb()
                content = b"%d,%d," % pixels.size + pixels.tobytes()
            else:
                content = self.data if self.page == 1 else self.data + b",page %d" % self.page
            self._sha256 = hashlib.sha256(content).hexdigest()
        return self._sha256

    def rgb(self) -> PIL.Image.Image:
        """The upright sRGB pixels, as a PIL image of mode RGB. It is shared: copy it before drawing on it."""
        self.load()
        if self._pixels is None:
            from visionhub.image import decode

            with _naming(self.name):
                self._pixels = decode.pixels(self.data, self.page)
        return self._pixels

    def array(self) -> NDArray[np.uint8]:
        """The upright sRGB pixels, shape `(height, width, 3)`, uint8, read-only. Needs NumPy (`visionhub[local]` has it)."""
        import numpy as np

        return np.asarray(self.rgb())

    def stripped(self) -> Image:
        """The same picture, upright, without metadata (EXIF, XMP, IPTC, comments): lossless unless it had to be turned."""
        from visionhub.image import encode

        header = self.header
        clean = encode.strip(self.data, header.media_type) if header.upright and header.pages == 1 else None
        if clean is None:
            media_type = "image/jpeg" if header.media_type == "image/jpeg" else "image/png"
            clean = encode.encode(self.rgb(), media_type)
        return Image(clean, name=self.name, limits=self._limits)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Image) and self.sha256 == other.sha256)

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        if self._header is None:
            return f"Image({self.name!r})"
        return f"Image({self.name!r}, {self.width}x{self.height} {self.media_type})"

    def _repr_png_(self) -> bytes:
        from visionhub.image import encode

        return encode.encode(self.rgb(), "image/png")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda image: image.sha256, return_schema=core_schema.str_schema()
            ),
        )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Turns whatever goes wrong while a picture is read into an `InputError` that names the picture."""
    try:
        yield
    except InputError as error:
        error.locate(source=name)
        raise
    except Exception as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise InputError(f"{name} cannot be read as a picture: {reason}.", source=name) from error
