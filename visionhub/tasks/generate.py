"""Make a picture from words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import ConfigDict, Field

from visionhub.image import Image
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

    def pil(self) -> PIL.Image.Image:
        """The picture as a PIL image."""
        import PIL.Image

        return PIL.Image.open(io.BytesIO(self.data))


class Images(Result):
    """The answer of `generate`."""

    task: str = "generate"
    images: tuple[GeneratedImage, ...]

    def pil(self) -> list[PIL.Image.Image]:
        """The pictures as PIL images."""
        return [image.pil() for image in self.images]

    def draw(self, picture: Image | None = None) -> PIL.Image.Image:
        """The first picture."""
        return self.images[0].pil()


class GenerateCall(Call[Images]):
    """`size` is `(width, height)` in pixels; `count` asks for several pictures; `seed` makes the answer repeatable where it is offered."""

    task: ClassVar[str] = "generate"
    meaning: ClassVar[frozenset[str]] = frozenset({"negative_prompt", "seed"})

    prompt: Annotated[str, Field(min_length=1)]
    negative_prompt: str | None = None
    size: tuple[Count, Count] | None = None
    count: Count = 1
    seed: int | None = None
