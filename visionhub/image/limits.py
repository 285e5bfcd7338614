"""What a picture may be, and why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass


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


def too_large(max_bytes: int) -> UnusableError:
    """The error for a source that is larger than allowed."""
    return UnusableError(f"is larger than {max_bytes:,} bytes", "Raise `max_bytes` in the limits if you trust it.")
