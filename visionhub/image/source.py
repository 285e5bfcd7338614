"""Bytes out of whatever names or holds a picture."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from visionhub.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

    from visionhub.image import Image

    class Tensor:
        """Stands for `torch.Tensor`, which must not be imported to name its type."""

    ImageSource: TypeAlias = "Image | str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | PIL.Image.Image | NDArray[np.generic] | Tensor"
else:
    ImageSource = Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be. A source beyond these is an `InputError` before it is downloaded or decoded.

    `max_pixels` guards memory: decoding takes 3 bytes a pixel, and two or three copies of that for a moment. URLs are fetched
    only over http(s), from public addresses (unless `private_urls`), within `timeout` seconds, and never when `offline`.
    """

    max_bytes: int = 100_000_000
    max_pixels: int = 100_000_000
    private_urls: bool = False
    offline: bool = False
    timeout: float = 30.0


def describe(source: Any) -> str:
    """What a picture is called in results and errors: its path or URL as given, or what it is made of."""
    if isinstance(source, str):
        return without_secrets(source) if is_url(source) else source
    if isinstance(source, os.PathLike):
        return str(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return f"<{len(source)} bytes>"
    name = getattr(source, "filename", None) or getattr(source, "name", None)
    if isinstance(name, str | os.PathLike) and name:
        return str(name)
    shape = getattr(source, "shape", getattr(source, "size", ()))
    sides = "x".join(str(side) for side in shape) if isinstance(shape, tuple) else ""
    return f"<{type(source).__name__} {sides}>".replace(" >", ">")


def is_url(source: Any) -> bool:
    """Whether a string names something by scheme (`https://…`, and also `file://…`, which is refused later)."""
    return isinstance(source, str) and "://" in source.split("?", 1)[0][:32]


def is_path(source: Any) -> bool:
    """Whether the source is the name of a file."""
    return isinstance(source, os.PathLike) or (isinstance(source, str) and not is_url(source))


def is_pixels(source: Any) -> bool:
    """Whether the source holds pixels rather than an encoded picture: PIL, NumPy, torch."""
    return hasattr(source, "__array_interface__") or hasattr(source, "__array__")


def without_secrets(url: str) -> str:
    """A URL without its user, password and query, where signatures and tokens stand."""
    from urllib.parse import urlsplit, urlunsplit

    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return url.split("?", 1)[0]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def read(source: Any, limits: Limits) -> bytes:
    """The encoded picture behind a path, URL, bytes or binary file. Raises `InputError`, or `OSError` from the file system."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif is_url(source):
        from visionhub.image import fetch

        data = fetch.fetch(source, limits)
    elif is_path(source):
        data = _read_file(Path(source), limits.max_bytes)
    elif hasattr(source, "read"):
        data = _read_stream(source, limits.max_bytes)
    else:
        raise InputError(
            f"A picture cannot be made from {type(source).__name__}.",
            hint="Give a path, URL, bytes, binary file, PIL image, NumPy array or torch tensor.",
        )
    if not data:
        raise InputError(f"{describe(source)} is empty.")
    if len(data) > limits.max_bytes:
        raise too_large(describe(source), limits.max_bytes)
    return data


def too_large(name: str, max_bytes: int) -> InputError:
    """The error for a source that is larger than allowed."""
    return InputError(
        f"{name} is larger than {max_bytes:,} bytes.", hint="Raise `max_bytes` in the limits if you trust it."
    )


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise InputError(f"{path} is a folder, not a picture.")
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{path} is not a regular file.")
        if state.st_size > max_bytes:
            raise too_large(str(path), max_bytes)
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {reason}.") from error


def _read_stream(stream: BinaryIO, max_bytes: int) -> bytes:
    data = stream.read(max_bytes + 1)
    if not isinstance(data, bytes):
        raise InputError(
            f"{describe(stream)} gives text, not bytes.", hint='Open it in binary mode, `open(path, "rb")`.'
        )
    return data
