"""What the bundled models answer on pictures whose content is known."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from visionhub import ClassifyCall, Hub, InputError, Labels, UnsupportedError
from visionhub.providers.local.weights import WeightsStore

Samples = Mapping[str, Path]


def rows(folder: Path, name: str = "labels") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


# classify


@pytest.mark.parametrize(
    ("name", "label", "number"),
    [("chelsea", "Egyptian cat", "n02124075"), ("coffee", "espresso", "n07920052"), ("rocket", "missile", "n03773504")],
)
def test_classify_says_what_it_is(local: Hub, samples: Samples, name: str, label: str, number: str) -> None:
    result = local.classify(samples[name])
    assert (result.labels[0].name, result.labels[0].id) == (label, number)
    scores = [item.score or 0 for item in result.labels]
    assert scores == sorted(scores, reverse=True)


def test_labels_are_all_thousand_and_share_one_certainty(local: Hub, samples: Samples) -> None:
    result = local.classify(samples["coffee"], min_score=0.0, max_results=1000)
    assert len({label.id for label in result.labels}) == 1000
    assert sum(label.score or 0 for label in result.labels) == pytest.approx(1, abs=0.01)


def test_most_labelled_pictures_are_named_right(local: Hub, shared: Path) -> None:
    folder = shared / "data" / "classify"
    known = [row for row in rows(folder) if row["dataset"] == "imagenet-1k"][:40]
    answers = local.map(ClassifyCall(image=folder / row["path"]) for row in known)
    right = [
        isinstance(answer, Labels) and answer.labels[0].id == row["wnid"]
        for row, answer in zip(known, answers, strict=True)
    ]
    assert sum(right) >= 0.88 * len(right)


# detect


@pytest.mark.parametrize(("name", "thing"), [("chelsea", "cat"), ("coffee", "cup"), ("motorcycle", "motorcycle")])
def test_detect_says_what_there_is(local: Hub, samples: Samples, name: str, thing: str) -> None:
    best = local.detect(samples[name]).objects[0]
    assert best.name == thing
    assert (best.score or 0) > 0.8
    assert 0.1 < best.box.area < 0.95


def test_a_turned_mirror_image_has_mirrored_boxes(local: Hub, samples: Samples) -> None:
    with Image.open(samples["coffee"]) as picture:
        (cup,) = local.detect(picture, labels=["cup"]).objects
        (mirrored,) = local.detect(ImageOps.mirror(picture), labels=["cup"]).objects
    assert (1 - cup.box.x1, cup.box.y0) == pytest.approx((mirrored.box.x0, mirrored.box.y0), abs=0.03)


def test_only_the_labels_that_were_asked_for(local: Hub, samples: Samples) -> None:
    everything = local.detect(samples["coffee"], min_score=0.1)
    cups = local.detect(samples["coffee"], min_score=0.1, labels=["Cup"])
    assert list(cups.objects) == [thing for thing in everything.objects if thing.name == "cup"]
    with pytest.raises(UnsupportedError, match="does not detect 'bycicle'") as caught:
        local.detect(samples["coffee"], labels=["bycicle"])
    assert caught.value.hint == "Did you mean 'bicycle'?"


# faces


def test_a_face_and_its_parts(local: Hub, samples: Samples) -> None:
    (face,) = local.faces(samples["astronaut"]).faces
    assert set(face.landmarks) == {"left_eye", "right_eye", "nose", "mouth_left", "mouth_right"}
    assert all(
        face.box.x0 < point.x < face.box.x1 and face.box.y0 < point.y < face.box.y1 for point in face.landmarks.values()
    )
    # The subject's own left is on the picture's right.
    assert face.landmarks["right_eye"].x < face.landmarks["nose"].x < face.landmarks["left_eye"].x
    assert face.landmarks["nose"].y < face.landmarks["mouth_left"].y
    assert face.pose
    assert abs(face.pose.roll) < 10
    assert abs(face.pose.yaw) < 15
    assert (dict(face.attributes), face.embedding) == ({}, None), "what is not asked for is not guessed"


def test_roll_follows_the_picture(local: Hub, samples: Samples) -> None:
    with Image.open(samples["astronaut"]) as picture:
        upright, turned = (
            local.faces(picture.rotate(-angle, resample=Image.Resampling.BICUBIC)).faces[0].pose for angle in (0, 20)
        )
    assert upright
    assert turned
    assert turned.roll - upright.roll == pytest.approx(20, abs=3)


def test_guesses_are_made_only_of_what_is_named(local: Hub, samples: Samples) -> None:
    (face,) = local.faces(samples["astronaut"], attributes=["gender", "emotion"]).faces
    assert {name: guess.value for name, guess in face.attributes.items()} == {"gender": "female", "emotion": "happy"}
    result = local.faces(samples["astronaut"], attributes=["age", "beard"])
    assert set(result.faces[0].attributes) == {"age"}
    assert [warning.message for warning in result.warnings] == ["local does not infer beard of a face."]


def test_an_embedding_is_of_length_one(local: Hub, samples: Samples) -> None:
    (face,) = local.faces(samples["astronaut"], embedding=True).faces
    assert face.embedding
    assert len(face.embedding) == 128
    assert math.hypot(*face.embedding) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "motorcycle", "page", "rocket"])
def test_no_face_where_there_is_none(local: Hub, samples: Samples, name: str) -> None:
    assert local.faces(samples[name], embedding=True, attributes=["age"]).faces == ()


# compare


def test_the_same_face_is_the_same(local: Hub, samples: Samples) -> None:
    with Image.open(samples["astronaut"]) as picture:
        result = local.compare_faces(picture, ImageOps.mirror(picture).resize((300, 300)))
    assert result.same
    assert result.a
    assert result.b
    assert result.a.box.x0 == pytest.approx(1 - result.b.box.x1, abs=0.03)


def test_pairs_of_people(local: Hub, shared: Path) -> None:
    folder = shared / "data" / "faces"
    pairs = rows(folder, "pairs")[::10]
    found = [local.compare_faces(folder / pair["a"], folder / pair["b"]).same for pair in pairs]
    assert found == [pair["same"] for pair in pairs]


def test_a_threshold_of_ones_own(local: Hub, samples: Samples) -> None:
    with Image.open(samples["astronaut"]) as picture:
        mirrored = ImageOps.mirror(picture)
        similarity = local.compare_faces(picture, mirrored).similarity
        assert similarity is not None
        assert not local.compare_faces(picture, mirrored, threshold=(1 + similarity) / 2).same


def test_a_comparison_needs_faces(local: Hub, samples: Samples) -> None:
    with pytest.raises(InputError, match="face"):
        local.compare_faces(samples["astronaut"], samples["chelsea"])


# moderate


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "motorcycle", "page", "rocket"])
def test_what_is_not_assessed_is_not_called_safe(local: Hub, samples: Samples, name: str) -> None:
    result = local.moderate(samples[name])
    assert not result.flagged
    (category,) = result.categories
    assert category.name == "sexual"
    assert 0 <= (category.score or 0) < 0.2
    assert {"violence", "hate", "self_harm"} <= set(result.not_assessed)


# embed


def test_a_copy_is_nearer_than_anything_else(local: Hub, samples: Samples) -> None:
    original = local.embed(samples["chelsea"])
    with Image.open(samples["chelsea"]) as picture:
        copy = local.embed(ImageOps.mirror(picture).resize((200, 133)))
    assert len(original.vector) == 1280
    assert math.hypot(*original.vector) == pytest.approx(1, abs=1e-4)
    assert copy.similarity(original) > 0.85
    assert max(local.embed(samples[name]).similarity(original) for name in ("coffee", "rocket", "page")) < 0.4


def test_what_answers_when_no_model_is_named_needs_no_torch(weights: WeightsStore, samples: Samples) -> None:
    code = f"""
import sys
from visionhub import Hub
from visionhub.config import read
with Hub("local", settings=read(offline=True)) as hub:
    assert hub.embed({str(samples["coffee"])!r}).model == "efficientnet-lite3-features"
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
