"""Make a picture from words."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import ConfigDict, Field

from visionhub.errors import DecodeError, InputError
from visionhub.image import Image, ImageSource
from visionhub.tasks.base import Call, Count, Result
from visionhub.value import Value

if TYPE_CHECKING:
    import PIL.Image


class GeneratedImage(Value):
    """One picture, encoded. In JSON `data` is base64. `revised_prompt` is what the provider made of the prompt."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    media_type: str
    width: int
    height: int
    data: bytes = Field(repr=False)
    seed: int | None = None
    revised_prompt: str | None = None

    @classmethod
    def of(cls, data: bytes, *, seed: int | None = None, revised_prompt: str | None = None) -> GeneratedImage:
        """An encoded picture, its kind and size read from itself. Raises `DecodeError` if it is none."""
        try:
            header = Image(data, name="the generated picture").header
        except InputError as error:
            raise DecodeError(f"The {len(data)} bytes that the provider sent are no picture.") from error
        kind, width, height = header.media_type, header.width, header.height
        return cls(media_type=kind, width=width, height=height, data=data, seed=seed, revised_prompt=revised_prompt)

    def pil(self) -> PIL.Image.Image:
        """The picture as a PIL image. Raises `DecodeError` if the provider sent something else."""
        import PIL.Image

        try:
            picture = PIL.Image.open(io.BytesIO(self.data))
            picture.load()
        except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
            raise DecodeError(f"The {len(self.data)} bytes of {self.media_type} are no picture.") from error
        return picture


class Images(Result):
    """The answer of `generate`."""

    task: str = "generate"
    images: tuple[GeneratedImage, ...]

    def pil(self) -> list[PIL.Image.Image]:
        """The pictures as PIL images."""
        return [image.pil() for image in self.images]

    def draw(self, *pictures: ImageSource) -> PIL.Image.Image:
        """The first picture, as it is."""
        del pictures
        if not self.images:
            raise InputError("There is no picture in this result.")
        return self.images[0].pil()

    def _repr_html_(self) -> str:
        return " ".join(
            f'<img src="data:{escape(image.media_type)};base64,{b64encode(image.data).decode()}" style="max-width: 48%">'
            for image in self.images
        )


class GenerateCall(Call[Images]):
    """`size` is `(width, height)` in pixels; `count` asks for several pictures; `seed` makes the answer repeatable where it is offered."""

    task: ClassVar[str] = "generate"
    meaning: ClassVar[frozenset[str]] = frozenset({"negative_prompt", "seed"})

    prompt: Annotated[str, Field(min_length=1)]
    negative_prompt: str | None = None
    size: tuple[Count, Count] | None = None
    count: Count = 1
    seed: int | None = None
