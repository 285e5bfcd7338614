"""What a model is shown is what `transformers` would show it, on the CPU and by the matrices that other devices use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.Image import Resampling
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.deformable_detr.image_processing_pil_deformable_detr import DeformableDetrImageProcessorPil
from transformers.models.detr.image_processing_pil_detr import DetrImageProcessorPil
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.pictures import Ours, Theirs, pictures
from visionhub.providers.local.engines.torch.resample import is_height_first, pillow, resized
from visionhub.providers.local.engines.torch.tiles import Tiles

CPU = Place(torch.device("cpu"), "fp32")


@dataclass(frozen=True)
class Elsewhere(Place):
    """The CPU, taken for a device where Pillow is of no use."""

    @property
    def is_cpu(self) -> bool:
        return False


ELSEWHERE = Elsewhere(torch.device("cpu"), "fp32")
PROCESSORS = {
    "vit": ViTImageProcessorPil(),
    "vit, no resizing of what is left": ViTImageProcessorPil(size={"height": 96, "width": 64}, do_normalize=False),
    "convnext below 384": ConvNextImageProcessorPil(size={"shortest_edge": 224}),
    "convnext": ConvNextImageProcessorPil(),
    "detr": DetrImageProcessorPil(),
    "deformable detr": DeformableDetrImageProcessorPil(size={"shortest_edge": 200, "longest_edge": 300}),
    "rt-detr": RTDetrImageProcessorPil(),
    "clip": CLIPImageProcessorPil(),
    "clip, larger crop": CLIPImageProcessorPil(size={"shortest_edge": 100}, crop_size={"height": 151, "width": 120}),
    "siglip": SiglipImageProcessorPil(),
    "blip": BlipImageProcessorPil(),
    "owlvit": OwlViTImageProcessorPil(),
    "owlv2": Owlv2ImageProcessorPil(size={"height": 240, "width": 240}),
    "grounding dino": GroundingDinoImageProcessorPil(size={"shortest_edge": 200, "longest_edge": 300}),
}
SIZES = [(320, 213), (213, 320), (64, 64), (31, 400), (640, 481), (1, 1), (7, 3)]


def noise(width: int, height: int) -> PIL.Image.Image:
    """Everything from flat to sharp."""
    rng = np.random.default_rng(width * 10_000 + height)
    small = rng.integers(0, 256, (max(1, height // 8), max(1, width // 8), 3), np.uint8)
    smooth = np.asarray(PIL.Image.fromarray(small).resize((width, height), Resampling.BICUBIC)).astype(int)
    return PIL.Image.fromarray(np.clip(smooth + rng.integers(-40, 41, smooth.shape), 0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PROCESSORS)
@pytest.mark.parametrize("place", [CPU, ELSEWHERE], ids=["cpu", "elsewhere"])
def test_they_are_prepared_as_transformers_does_it(name: str, size: tuple[int, int], place: Place) -> None:
    processor, picture = PROCESSORS[name], noise(*size)
    made = pictures(processor, place)
    assert isinstance(made, Ours)
    try:
        expected = processor(images=picture, return_tensors="pt")["pixel_values"]
    except ValueError:
        with pytest.raises(InputError, match="too narrow"):
            made.prepare(Image(picture))
        return
    found = made.batch([made.prepare(Image(picture))])["pixel_values"]
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-5


TILED = {
    "as idefics3": Idefics3ImageProcessorPil(size={"longest_edge": 364 * 4}, max_image_size={"longest_edge": 364}),
    "as smolvlm": Idefics3ImageProcessorPil(size={"longest_edge": 2048}, max_image_size={"longest_edge": 512}),
    "small": Idefics3ImageProcessorPil(size={"longest_edge": 96}, max_image_size={"longest_edge": 32}),
    "whole": Idefics3ImageProcessorPil(
        size={"longest_edge": 96}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    ),
    "not enlarged": Idefics3ImageProcessorPil(max_image_size={"longest_edge": 100}, do_resize=False),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", TILED)
def test_they_are_cut_into_tiles_as_transformers_does_it(name: str, size: tuple[int, int]) -> None:
    processor: Any = TILED[name]
    picture = noise(*size)
    made = pictures(processor, CPU)
    assert isinstance(made, Tiles)
    expected = processor(images=picture, return_tensors="pt", return_row_col_info=True)
    prepared = made.prepare(Image(picture))
    found = made.batch([prepared])
    assert [[prepared.rows]] == expected["rows"]
    assert [[prepared.columns]] == expected["cols"]
    assert found["pixel_values"].shape == expected["pixel_values"].shape
    assert (found["pixel_values"] - expected["pixel_values"]).abs().max() < 1e-5
    assert torch.equal(found["pixel_attention_mask"], expected["pixel_attention_mask"].bool())


def test_pictures_of_a_batch_do_not_touch_each_other() -> None:
    for place in (CPU, ELSEWHERE):
        made = pictures(PROCESSORS["clip"], place)
        many = [made.prepare(Image(noise(*size))) for size in SIZES]
        assert len({one.key for one in many}) == 1
        together = made.batch(many)["pixel_values"]
        alone = torch.cat([made.batch([one])["pixel_values"] for one in many])
        assert torch.equal(together, alone)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(1, 90),
    st.sampled_from([Resampling.BILINEAR, Resampling.BICUBIC, Resampling.LANCZOS, Resampling.BOX]),
)  # fmt: skip
def test_a_matrix_resizes_as_pillow_does(width: int, height: int, wide: int, high: int, how: Resampling) -> None:
    picture = noise(width, height)
    expected = np.asarray(picture.resize((wide, high), how)).transpose(2, 0, 1).astype(int)
    pixels = torch.from_numpy(np.array(picture))
    down, across = (torch.from_numpy(pillow(a, b, how)) for a, b in ((height, high), (width, wide)))
    first = is_height_first((height, width), (high, wide))
    found = resized(pixels, down, across, height_first=first, whole=True, dtype=torch.float64)
    assert np.array_equal(found.numpy(), expected)


def test_the_middle_of_a_long_strip_takes_no_more_memory_than_it_needs() -> None:
    strip = Image(noise(20_000, 10))
    made = pictures(PROCESSORS["clip"], CPU)
    found = made.batch([made.prepare(strip)])["pixel_values"]
    assert found.shape == (1, 3, 224, 224)
    sixth = pictures(PROCESSORS["vit"], CPU)
    assert sixth.batch([sixth.prepare(strip)])["pixel_values"].shape == (1, 3, 224, 224)


def test_an_unknown_processor_is_asked_itself() -> None:
    class Other(ViTImageProcessorPil):
        """Whatever it does."""

    made = pictures(Other(), CPU)
    assert isinstance(made, Theirs)
    many = [made.prepare(Image(noise(*size))) for size in SIZES[:3]]
    assert made.batch(many)["pixel_values"].shape == (3, 3, 224, 224)


def test_what_the_processor_cannot_take_is_the_picture_s_fault() -> None:
    class Picky(ViTImageProcessorPil):
        def __call__(self, *args: Any, **options: Any) -> Any:
            raise ValueError("mean must have 1 element")

    with pytest.raises(InputError, match="own processor cannot take"):
        pictures(Picky(), CPU).prepare(Image(noise(4, 4)))
