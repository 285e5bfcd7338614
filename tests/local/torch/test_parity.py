"""Answers are those of `transformers` itself, with the same weights: scores, boxes and vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
import transformers
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from tests.local.torch import small
from visionhub import ClassifyCall, Hub, Image, Labels

Saved = Callable[[str], str]
auto: Any = transformers
# Not by its name in `transformers`, which some versions keep for those who have torchvision.
auto_images: Any = AutoImageProcessor
LABELS = ["cat", "dog", "traffic light"]
LOGITS = 1e-3
PIXELS = 0.5


def picture(width: int = 320, height: int = 213, seed: int = 0) -> PIL.Image.Image:
    """Smooth shapes of all colours."""
    small_one = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return PIL.Image.fromarray(small_one).resize((width, height), PIL.Image.Resampling.BICUBIC)


PICTURES = [picture(), picture(213, 320, 1), picture(90, 90, 2)]


def same_logits(scores: dict[str, float], expected: torch.Tensor, names: list[str]) -> None:
    """Scores that sum to 1, against logits: equal up to a constant."""
    found = np.log([scores[name] for name in names])
    logits = expected.double().numpy()
    assert np.abs((found - found.mean()) - (logits - logits.mean())).max() < LOGITS


@pytest.mark.parametrize("name", ["vit", "convnext"])
def test_classes(hub: Hub, saved: Saved, name: str) -> None:
    model = auto.AutoModelForImageClassification.from_pretrained(saved(name))
    processor = auto_images.from_pretrained(saved(name))
    for one in PICTURES:
        result = hub.classify(one, model=saved(name))
        with torch.no_grad():
            logits = model(**processor(one, return_tensors="pt")).logits[0]
        same_logits({label.name: label.score or 0 for label in result.labels}, logits, list(small.NAMES))
        assert result.labels[0].id == str(int(logits.argmax()))


def test_classes_that_do_not_exclude_each_other(hub: Hub, saved: Saved) -> None:
    expected = auto.pipeline("image-classification", saved("vit_multi"))(PICTURES[0])
    found = hub.classify(PICTURES[0], model=saved("vit_multi")).labels
    assert [label.name for label in found] == [row["label"] for row in expected]
    assert [label.score for label in found] == pytest.approx([row["score"] for row in expected], abs=1e-5)


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_your_own_classes(hub: Hub, saved: Saved, name: str) -> None:
    model, tokenizer = auto.AutoModel.from_pretrained(saved(name)), auto.AutoTokenizer.from_pretrained(saved(name))
    processor = auto_images.from_pretrained(saved(name))
    sentences = [f"This is a photo of {label}." for label in LABELS]
    padding = {"padding": "max_length", "max_length": 64} if name == "siglip" else {"padding": True}
    for one in PICTURES:
        with torch.no_grad():
            inputs = {**tokenizer(sentences, return_tensors="pt", **padding), **processor(one, return_tensors="pt")}
            inputs.pop("token_type_ids", None)
            logits = model(**inputs).logits_per_image[0]
        found = hub.classify(one, labels=LABELS, model=saved(name))
        scores = {label.name: label.score or 0 for label in found.labels}
        if name == "clip":
            same_logits(scores, logits, LABELS)
        else:
            inverse = [math.log(scores[label] / (1 - scores[label])) for label in LABELS]
            assert inverse == pytest.approx(logits.tolist(), abs=LOGITS)


@pytest.mark.parametrize("name", ["clip", "siglip", "dino"])
def test_vectors(hub: Hub, saved: Saved, name: str) -> None:
    model, processor = auto.AutoModel.from_pretrained(saved(name)), auto_images.from_pretrained(saved(name))
    inputs = processor(PICTURES[0], return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs) if name == "dino" else model.get_image_features(**inputs)
    expected = torch.nn.functional.normalize(output.pooler_output[0], dim=-1)
    found = hub.embed(PICTURES[0], model=saved(name))
    assert found.vector == pytest.approx(expected.tolist(), abs=1e-5)
    assert math.hypot(*found.vector) == pytest.approx(1)
    assert found.similarity(found) == pytest.approx(1)


@pytest.mark.parametrize("name", ["detr", "rtdetr"])
def test_objects(hub: Hub, saved: Saved, name: str) -> None:
    model, processor = (
        auto.AutoModelForObjectDetection.from_pretrained(saved(name)),
        auto_images.from_pretrained(saved(name)),
    )
    for one in PICTURES:
        with torch.no_grad():
            output = model(**processor(one, return_tensors="pt"))
        size = [(one.height, one.width)]
        expected = processor.post_process_object_detection(output, threshold=0.05, target_sizes=size)[0]
        found = hub.detect(one, model=saved(name), min_score=0.05).objects
        same_objects(
            one,
            found,
            expected,
            [small.NAMES[number] for number in expected["labels"].tolist() if number < len(small.NAMES)],
        )


def test_what_you_name(hub: Hub, saved: Saved) -> None:
    processor = auto.AutoProcessor.from_pretrained(saved("owlv2"))
    model = auto.Owlv2ForObjectDetection.from_pretrained(saved("owlv2"))
    for one in PICTURES:
        texts = processor.tokenizer(
            [f"a photo of a {label}" for label in LABELS], padding="max_length", return_tensors="pt"
        )
        texts.pop("token_type_ids", None)
        with torch.no_grad():
            output = model(**texts, **processor.image_processor(one, return_tensors="pt"))
        size = [(one.height, one.width)]
        expected = processor.image_processor.post_process_object_detection(output, threshold=0.01, target_sizes=size)[0]
        found = hub.detect(one, labels=LABELS, model=saved("owlv2"), min_score=0.01).objects
        same_objects(one, found, expected, [LABELS[number] for number in expected["labels"].tolist()])


def same_objects(one: PIL.Image.Image, found: Any, expected: Any, names: list[str]) -> None:
    assert len(found) == len(names) > 0
    order = expected["scores"].argsort(descending=True, stable=True).tolist()
    clamp = torch.tensor([one.width, one.height, one.width, one.height], dtype=torch.float32)
    for thing, at in zip(found, order, strict=True):
        box = expected["boxes"][at].clamp(min=0).minimum(clamp)
        pixels = [
            thing.box.x0 * one.width,
            thing.box.y0 * one.height,
            thing.box.x1 * one.width,
            thing.box.y1 * one.height,
        ]
        assert pixels == pytest.approx(box.tolist(), abs=PIXELS)
        assert thing.score == pytest.approx(float(expected["scores"][at]), abs=1e-4)


def test_a_batch_says_what_each_picture_says_alone(hub: Hub, saved: Saved) -> None:
    many = [picture(80 + 7 * number, 60 + 5 * number, number) for number in range(12)]
    calls = [ClassifyCall(image=Image(one), model=saved("vit")) for one in many]
    together = [result for result in hub.map(calls) if isinstance(result, Labels)]
    assert max(result.usage.batch or 0 for result in together) > 1
    for one, result in zip(many, together, strict=True):
        alone = {label.name: label.score for label in hub.classify(one, model=saved("vit")).labels}
        assert {label.name: label.score for label in result.labels} == pytest.approx(alone, abs=1e-5)


def test_phrases(hub: Hub, saved: Saved) -> None:
    processor = auto.AutoProcessor.from_pretrained(saved("grounding"))
    model = auto.AutoModelForZeroShotObjectDetection.from_pretrained(saved("grounding"))
    one = PICTURES[0]
    inputs = processor(images=one, text="cat. dog. traffic light.", return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs)
    expected = processor.post_process_grounded_object_detection(
        output, inputs["input_ids"], threshold=0.9, text_threshold=0.25, target_sizes=[(one.height, one.width)]
    )[0]
    found = hub.detect(one, labels=LABELS, model=saved("grounding"), min_score=0.9).objects
    same_objects(one, found, expected, expected["text_labels"])
    assert {thing.name for thing in found} <= set(LABELS)
