"""Bytes out of whatever names or holds a picture."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be. A source beyond these is an `InputError` before it is downloaded or decoded.

    `max_pixels` guards memory: decoding takes 4 to 8 bytes a pixel, for a moment up to 20 (JPEG 2000). Pillow has a limit of its
    own above it, `PIL.Image.MAX_IMAGE_PIXELS`. URLs are fetched only over http(s), from public addresses (unless
    `private_urls`), within `timeout` seconds, and never when `offline`.
    """

    max_bytes: int = 100_000_000
    max_pixels: int = 100_000_000
    private_urls: bool = False
    offline: bool = False
    timeout: float = 30.0


class UnusableError(Exception):
    """Why a picture cannot be used: the rest of a sentence that begins with its name. `Image` makes it an `InputError`."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


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
    if _is_data_url(source):
        return "<data URL>"
    return os.fsdecode(source) or "<no name>"


def _shortened(name: str) -> str:
    # So long is no path; it may be a picture in base64, which must not end up in a log.
    return name if len(name) <= LONGEST_NAME else f"{name[:24]}… ({len(name)} characters)"


def is_url(source: Any) -> bool:
    """Whether a string names something by scheme (`https://…`, and also `file://…`, which is refused later)."""
    return isinstance(source, str) and "://" in source.split("?", 1)[0][:32]


def _is_data_url(source: Any) -> bool:
    return isinstance(source, str) and source[: len(DATA_URL)].lower() == DATA_URL


def is_path(source: Any) -> bool:
    """Whether the source is the name of a file."""
    return isinstance(source, os.PathLike) or (
        isinstance(source, str) and not is_url(source) and not _is_data_url(source)
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


def read(source: Any, limits: Limits) -> bytes:
    """The encoded picture behind a path, URL, bytes or binary file. Raises `UnusableError`, or the source's own errors."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif is_url(source):
        from visionhub.image import fetch

        data = fetch.fetch(source, limits)
    elif _is_data_url(source):
        data = _inline(source)
    elif source == "":
        raise UnusableError("names no file")
    elif is_path(source):
        data = _read_file(Path(os.fsdecode(source)), limits.max_bytes)
    elif hasattr(source, "read"):
        data = _read_stream(source, limits.max_bytes)
    else:
        raise UnusableError(
            "is no picture",
            "Give a path, URL, bytes, binary file, PIL image, NumPy array or torch tensor.",
        )
    if not data:
        raise UnusableError("is empty")
    if len(data) > limits.max_bytes:
        raise too_large(limits.max_bytes)
    return data


def too_large(max_bytes: int) -> UnusableError:
    """The error for a source that is larger than allowed."""
    return UnusableError(f"is larger than {max_bytes:,} bytes", "Raise `max_bytes` in the limits if you trust it.")


def _inline(url: str) -> bytes:
    import base64
    from urllib.parse import unquote_to_bytes

    head, comma, body = url.partition(",")
    if not comma:
        raise UnusableError("is cut off: it has no comma")
    return base64.b64decode(unquote_to_bytes(body)) if head.lower().endswith(";base64") else unquote_to_bytes(body)


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise UnusableError("is a folder, not a picture")
        # Opening a pipe that nobody writes to would wait for ever.
        if not stat.S_ISREG(state.st_mode):
            raise UnusableError("is not a regular file")
        if state.st_size > max_bytes:
            raise too_large(max_bytes)
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError:
        raise UnusableError("does not exist") from None
    except (OSError, ValueError) as error:
        raise UnusableError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _read_stream(stream: Any, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    left = max_bytes + 1
    # A pipe or a socket gives what it has, which may be less than was asked for.
    while left > 0 and (part := stream.read(left)):
        if not isinstance(part, bytes | bytearray | memoryview):
            raise UnusableError("gives text, not bytes", 'Open it in binary mode: `open(path, "rb")`.')
        parts.append(bytes(part))
        left -= len(part)
    if not parts and _is_past_its_start(stream):
        raise UnusableError("has nothing left to read", "Rewind it first: `file.seek(0)`.")
    return b"".join(parts)


def _is_past_its_start(stream: Any) -> bool:
    try:
        return bool(stream.tell() > 0)
    except (AttributeError, OSError, ValueError):
        return False
