"""Pictures into a model's input: as `transformers`' own processors do it, but in batches and on the model's device.

`prepare` runs in the caller's thread: it decodes, and where the model runs on the CPU it also resizes, by Pillow. `batch` runs in the
model's thread: one upload of whole bytes, then resizing (`resample.py`), cropping, rescaling and normalising on the device.

What is to be done is read off the model's own processor (`preprocessor_config.json`). Those of whom it is known how they work stand in
`KNOWN`; any other processor is asked itself, which is slower and as right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

import PIL.Image
import torch
from PIL.Image import Resampling

from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.local.engines.torch import tiles
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.levels import Levels, pixels
from visionhub.providers.local.engines.torch.resample import is_height_first, pillow, resized, scipy_zoom

# Above so many pixels for each that is kept, the resized picture as a whole is not made.
WASTE: Final = 16
KEPT: Final = 2


class Prepared(Protocol):
    """A picture, as far as it is prepared. Pictures of equal `key` make one batch; `size` is the upright one's (height, width)."""

    @property
    def key(self) -> Hashable:
        """Of pictures that can be stacked."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Upright, in pixels: (height, width)."""
        ...


class Pictures(Protocol):
    """How a model's input is made."""

    def prepare(self, image: Image) -> Any:
        """What `batch` takes. Raises `InputError` for a picture that cannot be read, or that the model cannot take."""
        ...

    def batch(self, many: Sequence[Any]) -> dict[str, torch.Tensor]:
        """The model's input, by the names of its arguments."""
        ...


def pictures(processor: Any, place: Place) -> Pictures:
    """The way that `processor`, one of `transformers`' image processors, prepares pictures; for a model at `place`."""
    name = re.sub("(Fast|Pil)$", "", type(processor).__name__)
    if name in TILED and (sides := tiles.sides(processor)):
        return tiles.Tiles(processor, *sides, place)
    rule = KNOWN.get(name)
    fit = rule(processor) if rule else None
    return Ours(processor, fit, place) if fit else Theirs(processor, place)


# Ours


class Axis(NamedTuple):
    """What becomes of one side: `target` pixels, of which so many are `kept` from `start` on; or as `scipy_zoom`, of a square of `square`."""

    source: int
    target: int
    start: int
    kept: int
    square: int | None = None

    @property
    def is_same(self) -> bool:
        """Whether it stays as it is."""
        return (self.target, self.start, self.kept) == (self.source, 0, self.source) and self.square is None


Fit = Callable[[int, int], tuple[Axis, Axis]]
"""Of a picture's height and width: what becomes of its height, and of its width."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A picture as bytes, shape `(height, width, 3)`, and how its sides are to be resized yet."""

    pixels: torch.Tensor
    down: Axis
    across: Axis
    size: tuple[int, int]

    @property
    def key(self) -> tuple[int, int]:
        """The size that the model sees."""
        return self.down.kept, self.across.kept

    @property
    def outline(self) -> dict[str, Any]:
        """What a processor of texts asks of a picture: tensors of the shapes that the model will be given, and nothing in them."""
        return {"pixel_values": torch.zeros(()).expand(1, 3, *self.key)}


class Ours:
    """See the module."""

    def __init__(self, processor: Any, fit: Fit, place: Place) -> None:
        self._fit = fit
        self._place = place
        self._how = int(processor.resample if processor.resample is not None else Resampling.BILINEAR)
        self._levels = Levels(processor, place)
        self._matrix = lru_cache(maxsize=8)(self._placed)

    def prepare(self, image: Image) -> Sized:
        """See `Pictures`."""
        size = (image.height, image.width)
        down, across = self._fit(*size)
        if min(down.target, across.target) < 1:
            raise InputError(
                f"{image.name} is too narrow for the model: {image.width} x {image.height}.", source=image.name
            )
        rgb = self._decoded(image, down, across)
        down, across = down._replace(source=rgb.height), across._replace(source=rgb.width)
        if not self._place.is_cpu or not _by_pillow(down, across):
            return Sized(pixels(rgb), down, across, size)
        target = across.target, down.target
        small = rgb if target == rgb.size else rgb.resize(target, Resampling(self._how))
        window = across.start, down.start, across.start + across.kept, down.start + down.kept
        if window != (0, 0, *target):
            small = small.crop(window)
        high, wide = (Axis(side.kept, side.kept, 0, side.kept) for side in (down, across))
        return Sized(pixels(small), high, wide, size)

    def batch(self, many: Sequence[Sized]) -> dict[str, torch.Tensor]:
        """See `Pictures`."""
        placed = self._place.upload([one.pixels for one in many])
        if all(one.down.is_same and one.across.is_same for one in many):
            stacked = torch.stack(placed).permute(0, 3, 1, 2).to(torch.float32)
        else:
            stacked = torch.stack([self._resized(pixels, one) for pixels, one in zip(placed, many, strict=True)])
        return {"pixel_values": self._levels(stacked)}

    def _decoded(self, image: Image, down: Axis, across: Axis) -> PIL.Image.Image:
        if self._place.exact_jpeg or down.square is not None:
            return image.rgb()
        # A JPEG at half its size or less, while that is still twice what the model sees.
        return image.reduced(KEPT * across.target, KEPT * down.target)

    def _resized(self, pixels: torch.Tensor, one: Sized) -> torch.Tensor:
        down, across = (None if axis.is_same else self._matrix(axis) for axis in (one.down, one.across))
        first = is_height_first((one.down.source, one.across.source), (one.down.target, one.across.target))
        return resized(pixels, down, across, height_first=first, whole=one.down.square is None, dtype=self._place.exact)

    def _placed(self, axis: Axis) -> torch.Tensor:
        if axis.square is not None:
            matrix = scipy_zoom(axis.square, axis.target, axis.source)
        else:
            matrix = pillow(axis.source, axis.target, self._how, axis.start, axis.kept)
        return torch.from_numpy(matrix).to(self._place.device, self._place.exact)


def _by_pillow(down: Axis, across: Axis) -> bool:
    """Whether Pillow resizes as it is asked for here, and makes nothing much larger than what is kept."""
    return down.square is None and down.target * across.target <= WASTE * max(down.kept * across.kept, 1 << 16)


# What the processors do


def _size(processor: Any, name: str = "size") -> dict[str, int]:
    given = getattr(processor, name, None) or {}
    return {key: int(value) for key, value in dict(given).items() if value is not None}


def _plain(processor: Any) -> Fit | None:
    """Resize, and keep the middle."""
    if getattr(processor, "do_pad", False):
        return None
    size = _size(processor) if processor.do_resize else {}
    crop = _size(processor, "crop_size") if getattr(processor, "do_center_crop", False) else {}
    target = _target(size)
    if target is None or (crop and not {"height", "width"} <= crop.keys()):
        return None

    def fit(height: int, width: int) -> tuple[Axis, Axis]:
        high, wide = target(height, width)
        return _middle(height, high, crop.get("height", high)), _middle(width, wide, crop.get("width", wide))

    return fit


Sizes = Callable[[int, int], tuple[int, int]]


def _target(size: Mapping[str, int]) -> Sizes | None:
    """To which height and width a picture is resized, for what a configuration calls `size`."""
    from transformers.image_transforms import get_size_with_aspect_ratio

    match size:
        case {"shortest_edge": short, "longest_edge": long}:
            return lambda height, width: get_size_with_aspect_ratio((height, width), short, long)
        case {"shortest_edge": short}:
            return lambda height, width: (
                (short, int(short * width / height)) if height <= width else (int(short * height / width), short)
            )
        case {"height": high, "width": wide}:
            return lambda *_: (high, wide)
    return None if size else lambda height, width: (height, width)


def _middle(source: int, target: int, kept: int) -> Axis:
    """The middle `kept` of `target`; where that is less, the rest is black."""
    return Axis(source, target, (target - kept) // 2 if kept <= target else -((kept - target + 1) // 2), kept)


def _convnext(processor: Any) -> Fit | None:
    """Below 384 pixels the middle of something larger, else everything, squeezed."""
    side = _size(processor).get("shortest_edge")
    if not side or not processor.do_resize or getattr(processor, "do_center_crop", False):
        return None
    if side >= 384:
        return lambda height, width: (Axis(height, side, 0, side), Axis(width, side, 0, side))
    target = _target({"shortest_edge": int(side / processor.crop_pct)})
    assert target is not None

    def fit(height: int, width: int) -> tuple[Axis, Axis]:
        high, wide = target(height, width)
        return _middle(height, high, side), _middle(width, wide, side)

    return fit


def _detr(processor: Any) -> Fit | None:
    """Resize. Only pictures of equal size come together, so that there is nothing to pad or to mask."""
    target = _target(_size(processor) if processor.do_resize else {})
    if target is None or getattr(processor, "pad_size", None):
        return None

    def fit(height: int, width: int) -> tuple[Axis, Axis]:
        high, wide = target(height, width)
        return Axis(height, high, 0, high), Axis(width, wide, 0, wide)

    return fit


def _owlv2(processor: Any) -> Fit | None:
    """Black is added to a square, then SciPy resizes."""
    size = _size(processor)
    if not (processor.do_resize and processor.do_pad and {"height", "width"} <= size.keys()):
        return None

    def fit(height: int, width: int) -> tuple[Axis, Axis]:
        side, high, wide = max(height, width), size["height"], size["width"]
        return Axis(height, high, 0, high, side), Axis(width, wide, 0, wide, side)

    return fit


KNOWN: Final[Mapping[str, Callable[[Any], Fit | None]]] = {
    **dict.fromkeys(
        (
            "BitImageProcessor", "BlipImageProcessor", "ChineseCLIPImageProcessor", "CLIPImageProcessor", "DeiTImageProcessor",
            "MobileNetV1ImageProcessor", "OwlViTImageProcessor", "PvtImageProcessor", "SiglipImageProcessor", "ViTImageProcessor",
        ),
        _plain,
    ),
    "ConvNextImageProcessor": _convnext,
    **dict.fromkeys(
        (
            "ConditionalDetrImageProcessor", "DeformableDetrImageProcessor", "DetrImageProcessor", "GroundingDinoImageProcessor",
            "RTDetrImageProcessor",
        ),
        _detr,
    ),
    "Owlv2ImageProcessor": _owlv2,
}  # fmt: skip

TILED: Final = ("Idefics3ImageProcessor", "SmolVLMImageProcessor")


# Theirs


@dataclass(frozen=True, slots=True)
class Tensors:
    """What another's processor made of one picture."""

    tensors: Mapping[str, torch.Tensor]
    size: tuple[int, int]

    @property
    def key(self) -> Hashable:
        """Names and shapes."""
        return tuple((name, tuple(tensor.shape)) for name, tensor in self.tensors.items())


class Theirs:
    """A processor that is not known here, asked for each picture in the caller's thread."""

    def __init__(self, processor: Any, place: Place) -> None:
        self._processor = processor
        self._place = place

    def prepare(self, image: Image) -> Tensors:
        """See `Pictures`."""
        rgb = image.rgb()
        try:
            made = self._processor(images=rgb, return_tensors="pt")
        except (ValueError, TypeError, ZeroDivisionError, RuntimeError, OverflowError) as error:
            raise InputError(
                f"The model's own processor cannot take {image.name} ({image.width} x {image.height}): {error}.",
                source=image.name,
            ) from error
        tensors = {name: value for name, value in made.items() if isinstance(value, torch.Tensor)}
        return Tensors(tensors, (image.height, image.width))

    def batch(self, many: Sequence[Tensors]) -> dict[str, torch.Tensor]:
        """See `Pictures`."""
        names = many[0].tensors
        return {name: self._place.put(torch.cat([one.tensors[name] for one in many])) for name in names}
