"""`Image`: the picture as every call sees it: upright, sRGB, eight bits, one page.

source.py     what names a picture, and what it is called  limits.py  what it may be
read.py       bytes out of a path, a URL, a file           fetch.py, reach.py  the guarded download behind a URL
decode.py     bytes to a header, and to upright pixels     container.py, pdf.py  what Pillow does not see to
memory.py     pixels out of PIL, NumPy, torch              colour.py  any mode to RGB
encode.py     pixels to bytes                              strip.py  bytes without their metadata
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from visionhub.errors import InputError
from visionhub.image.limits import Limits, UnusableError
from visionhub.image.read import read
from visionhub.image.source import ImageSource, describe, is_path, is_pixels

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from visionhub.image.decode import Header

__all__ = ["Image", "ImageSource", "Limits"]

T = TypeVar("T")


class Image:
    """A picture from a path, URL, bytes, binary file, PIL image, NumPy array or torch tensor.

    Making one costs nothing: the source is read at first need (or by `load()`), its header checked against `limits`, its
    pixels decoded only when someone asks for them. Width and height are those of the upright picture, EXIF orientation
    applied. Colours are sRGB; transparent parts lie on white (on black, where all that is visible is nearly white).

    Arrays are `(height, width)`, `(height, width, 1 | 3 | 4)` or, for tensors, `(1 | 3 | 4, height, width)`; RGB order; uint8,
    uint16, bool, or floats in 0..1. `page` counts from 1 and chooses a page of a TIFF or PDF, or a frame of an animation.

    Every way of using a picture raises `InputError`, naming the picture and the reason, if it cannot be read. Pictures are
    equal if their content is, which reads them. A picture may be used by many threads, copied and pickled.
    """

    def __init__(
        self, source: ImageSource, *, page: int | None = None, name: str | None = None, limits: Limits | None = None
    ) -> None:
        if isinstance(source, Image):
            page = page or source.page
            name, limits = name or source.name, limits or source._limits  # noqa: SLF001  # its own class
            source = source.unread()._source  # noqa: SLF001
        self._source: Any = source
        self._limits: Limits | None = limits
        self.page: int = 1 if page is None else page
        self.name: str = name or describe(source)
        self._data: bytes | None = None
        self._header: Header | None = None
        self._pixels: PIL.Image.Image | None = None
        self._sha256: str | None = None
        self._made: WeakValueDictionary[Hashable, Any] | None = None
        self._stripped: Image | None = None
        self._is_bare = False
        self._lock = RLock()
        if self.page < 1:
            raise InputError(f"{self.name} has no page {self.page}: pages count from 1.", source=self.name)

    @classmethod
    def of(cls, source: ImageSource) -> Image:
        """`source` itself if it is an `Image`, else a new one of it."""
        return source if isinstance(source, Image) else cls(source)

    def load(self, limits: Limits | None = None) -> Image:
        """Reads the source and checks its header; returns the same picture.

        `limits` apply only if the picture was made without its own and is not loaded yet; their `offline` always does.
        """
        if self._header is None:
            chosen = self._limits or limits or Limits()
            if limits and limits.offline:
                chosen = replace(chosen, offline=True)
            with self._lock, self._naming():
                self._load(chosen)
                # They also hold when it is read again, to be drawn.
                self._limits = chosen
        return self

    def _load(self, limits: Limits) -> None:
        if self._header is not None:
            return
        from visionhub.image import decode, memory

        if is_pixels(self._source):
            if self.page > 1:
                raise UnusableError(f"has no page {self.page}: it is one picture in memory")
            self._pixels = memory.pixels(self._source, limits.max_pixels)
            self._header = decode.Header("image/png", *self._pixels.size)
        else:
            # A stream can be read only once.
            self._data = self._data or read(self._source, limits)
            self._header = decode.header(self._data, self.page, limits.max_pixels)

    @property
    def loaded(self) -> bool:
        """Whether the source has been read."""
        return self._header is not None

    def unread(self) -> Image:
        """The same picture holding no more than it takes to read it again: no decoded pixels, and no bytes of a file."""
        own = self._source
        can_be_read_again = self._data is None or self._data is own or is_path(own) or is_pixels(own)
        source: Any = own if can_be_read_again else self._data
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
        with self._lock:
            if self._data is None:
                from visionhub.image import encode

                self._data = encode.encode(self.rgb(), "image/png")
            return self._data

    @property
    def hashed(self) -> bool:
        """Whether `sha256` is known already."""
        return self._sha256 is not None

    @property
    def sha256(self) -> str:
        """Hex digest of the content: of the source's bytes and page, or of size and pixels. Never of a path or URL."""
        if self._sha256 is None:
            self.load()
            # What is put first is the beginning of no picture format, so that no file has the digest of another's page.
            if is_pixels(self._source):
                first, content = b"%d,%d," % self.rgb().size, self.rgb().tobytes()
            else:
                first, content = b"" if self.page == 1 else b"page %d," % self.page, self.data
            digest = hashlib.sha256(first)
            digest.update(content)
            self._sha256 = digest.hexdigest()
        return self._sha256

    def rgb(self) -> PIL.Image.Image:
        """The upright sRGB pixels, as a PIL image of mode RGB. It is shared: copy it before drawing on it."""
        self.load()
        with self._lock, self._naming():
            if self._pixels is None:
                from visionhub.image import decode

                pixels = decode.pixels(self.data, self.page)
                if pixels.size != (self.width, self.height):
                    across, down = pixels.size
                    raise UnusableError(f"is damaged: it says {self.width} x {self.height} and holds {across} x {down}")
                self._pixels = pixels
            return self._pixels

    def reduced(self, width: int, height: int) -> PIL.Image.Image:
        """`rgb`, or something smaller that is quicker to decode, but not smaller than `width` x `height`: for whoever makes it smaller yet."""
        self.load()
        if (
            self._pixels is not None
            or self.media_type != "image/jpeg"
            or min(self.width // max(1, width), self.height // max(1, height)) < 2
        ):
            return self.rgb()
        with self._naming():
            from visionhub.image import decode

            return decode.reduced(self.data, self.page, width, height)

    def array(self) -> NDArray[np.uint8]:
        """The upright sRGB pixels, shape `(height, width, 3)`, uint8, read-only. Needs NumPy (`visionhub[local]` has it)."""
        import numpy as np

        return np.asarray(self.rgb())

    @property
    def is_stripped(self) -> bool:
        """Whether `stripped` has been made already."""
        return self._is_bare or self._stripped is not None

    def stripped(self) -> Image:
        """The same picture, upright, one page, without metadata (EXIF, XMP, IPTC, comments, thumbnails, what follows its end).

        Its pixels are the same, except those of a JPEG that had to be turned: that is encoded again, at quality 95.
        """
        if self._is_bare:
            return self
        with self._lock:
            if self._stripped is None:
                self._stripped = self._made_bare()
            return self._stripped

    def _made_bare(self) -> Image:
        from visionhub.image import encode, strip

        header = self.header
        is_first = self.page == 1 and (header.pages == 1 or header.media_type == "image/jpeg")
        clean = strip.strip(self.data, header.media_type) if header.upright and is_first else None
        if clean is None:
            media_type = "image/jpeg" if header.media_type == "image/jpeg" and not header.upright else "image/png"
            clean = encode.encode(self.rgb(), media_type)
        else:
            media_type = header.media_type
        made = Image(clean, name=self.name, limits=self._limits)
        # Its size is known: to read it from the bytes once more would take as long as all else here.
        made._is_bare = True
        made._data, made._header = clean, replace(header, media_type=media_type, pages=1, upright=True)
        return made

    def made(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes out of this picture; as long as anybody holds that, all who ask by the same name get the same.

        Several questions about one picture at a time need it stripped, and made to fit, but once.
        """
        with self._lock:
            if self._made is None:
                self._made = WeakValueDictionary()
            known: T | None = self._made.get(name)
            if known is None:
                known = self._made[name] = make()
            return known

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """Turns whatever goes wrong while the picture is read into an `InputError` that names it."""
        try:
            yield
        except UnusableError as error:
            raise InputError(f"{self.name} {error.reason}.", hint=error.hint, source=self.name) from error.__cause__
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{self.name} cannot be read as a picture: {_reason(error)}.", source=self.name) from error

    def __getstate__(self) -> dict[str, Any]:
        # A stream can be read only here. What has been read, must say the same elsewhere.
        if not isinstance(self._source, str | os.PathLike | bytes | bytearray):
            self.load()
        state = {name: value for name, value in self.__dict__.items() if name not in ("_lock", "_made", "_stripped")}
        if is_pixels(self._source):
            return state | {"_source": self._pixels}
        return state | {"_source": self._source if self._data is None else self._data, "_pixels": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=RLock(), _made=None, _stripped=None)

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


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    # Other errors speak of the reader's insides.
    words = str(error) if isinstance(error, OSError | SyntaxError | ValueError | RuntimeError) else ""
    # Where something is quoted, it is the file itself, and that must not end up in a log.
    words = words.partition(":")[0].removeprefix("b'") if "'" in words else words
    return words.partition("\n")[0][:200].rstrip(".") or "it is damaged"
