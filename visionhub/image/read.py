"""Bytes out of whatever names or holds a picture."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from visionhub.image.limits import Limits, UnusableError, too_large
from visionhub.image.source import is_data_url, is_path, is_url

# Python makes room for as much as is asked for: asking for `max_bytes` at once would cost more than the reading.
PIECE = 1 << 20


def read(source: Any, limits: Limits) -> bytes:
    """The encoded picture behind a path, URL, bytes or binary file. Raises `UnusableError`, or the source's own errors."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif is_url(source):
        from visionhub.image import fetch

        data = fetch.fetch(source, limits)
    elif is_data_url(source):
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
            data = file.read(state.st_size + 1)
            return data if len(data) <= state.st_size else data + file.read(max_bytes + 1 - len(data))
    except FileNotFoundError:
        raise UnusableError("does not exist") from None
    except (OSError, ValueError) as error:
        raise UnusableError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _read_stream(stream: Any, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    left = max_bytes + 1
    # A pipe or a socket gives what it has, which may be less than was asked for.
    while left > 0 and (part := stream.read(min(left, PIECE))):
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
