"""A picture that is not at hand, and of which at most the size is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visionhub.errors import InputError
from visionhub.image import Image

if TYPE_CHECKING:
    from visionhub.image.decode import Header


class Unseen(Image):
    """Stands for a picture where only its width and height matter, in pixels, upright."""

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        super().__init__(b"", name="the picture")
        self._size = size

    @property
    def header(self) -> Header:
        """See `Image`. Raises `InputError` where the size is not known either."""
        from visionhub.image.decode import Header

        if self._size is None:
            raise InputError(
                "The answer's places are in pixels of its picture, which is not known.",
                hint="Say how large the picture is, upright (size=(width, height), --size WxH), or give the picture.",
            )
        return Header("application/octet-stream", *self._size)
