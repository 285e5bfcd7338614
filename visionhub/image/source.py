"""Whatever names or holds a picture: what kind of thing it is, and what it is called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

    from visionhub.image import Image

    class Tensor:
        """Stands for `torch.Tensor`, which must not be imported to name its type."""

    class Readable(Protocol):
        """A binary file, or whatever else gives bytes: an upload, a pipe, a member of an archive."""

        def read(self, size: int, /) -> bytes | None:
            """At most `size` bytes; none at the end."""

    ImageSource: TypeAlias = "Image | str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | PIL.Image.Image | NDArray[np.generic] | Tensor"
else:
    ImageSource = Any

LONGEST_NAME = 1_000
DATA_URL = "data:"


def describe(source: Any) -> str:
    """What a picture is called in results and errors: its path or URL as given, or what it is made of."""
    if isinstance(source, str | os.PathLike):
        return _shortened(_name(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return f"<{memoryview(source).nbytes} bytes>"
    name = getattr(source, "filename", None) or getattr(source, "name", None)
    if isinstance(name, str | os.PathLike) and os.fspath(name):
        return _shortened(_name(name))
    shape = getattr(source, "shape", getattr(source, "size", ()))
    sides = "x".join(str(side) for side in shape) if isinstance(shape, tuple) else ""
    return f"<{type(source).__name__} {sides}>".replace(" >", ">")


def _name(source: str | os.PathLike[str]) -> str:
    if is_url(source):
        return without_secrets(str(source))
    if is_data_url(source):
        return "<data URL>"
    return os.fsdecode(source) or "<no name>"


def _shortened(name: str) -> str:
    # So long is no path; it may be a picture in base64, which must not end up in a log.
    return name if len(name) <= LONGEST_NAME else f"{name[:24]}… ({len(name)} characters)"


def is_url(source: Any) -> bool:
    """Whether a string names something by scheme (`https://…`, and also `file://…`, which is refused later)."""
    return isinstance(source, str) and "://" in source.split("?", 1)[0][:32]


def is_data_url(source: Any) -> bool:
    """Whether a string holds the picture itself."""
    return isinstance(source, str) and source[: len(DATA_URL)].lower() == DATA_URL


def is_path(source: Any) -> bool:
    """Whether the source is the name of a file."""
    return isinstance(source, os.PathLike) or (
        isinstance(source, str) and not is_url(source) and not is_data_url(source)
    )


def is_pixels(source: Any) -> bool:
    """Whether the source holds pixels rather than an encoded picture: PIL, NumPy, torch."""
    return hasattr(source, "__array_interface__") or hasattr(source, "__array__")


def without_secrets(url: str) -> str:
    """A URL without its user, password and query, where signatures and tokens stand."""
    from urllib.parse import urlsplit, urlunsplit

    try:
        parts = urlsplit(url)
        # A password with a slash in it looks like a port that is no number, and that is an error here.
        _ = parts.port
    except ValueError:
        return url.partition("://")[0] + "://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
