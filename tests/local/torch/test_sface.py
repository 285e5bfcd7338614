"""SFace on PyTorch says what SFace in OpenCV says, with the numbers of the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from visionhub import Hub
from visionhub.providers.local.cards import card
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.models.face import sface
from visionhub.providers.local.models.face.sface_net import Embedder
from visionhub.providers.local.weights import WeightsStore

Make = Callable[[str], Embedder]


@pytest.fixture(scope="module")
def file(weights: WeightsStore) -> Path:
    return weights.ensure(card("sface"))["net"]


@pytest.fixture(scope="module")
def faces(local: Hub, samples: Mapping[str, Path]) -> list[NDArray[np.uint8]]:
    """A person upright, darker and mirrored, a cat's nose, and noise."""
    picture = Pillow.open(samples["astronaut"]).convert("RGB")
    (face,) = local.faces(picture).faces
    points = np.array([[point.x * picture.width, point.y * picture.height] for point in face.landmarks.values()])
    upright = sface.align(np.asarray(picture), points)
    noise = np.random.default_rng(3).integers(0, 256, upright.shape, np.uint8)
    cat = np.asarray(Pillow.open(samples["chelsea"]).convert("RGB"))[100:212, 150:262]
    return [upright, (upright // 2).astype(np.uint8), upright[:, ::-1].copy(), cat, noise]


def test_vectors_are_those_of_opencv(file: Path, faces: list[NDArray[np.uint8]]) -> None:
    import cv2

    embedder, net = Embedder(file, Place(torch.device("cpu"), "fp32")), sface.load(file)
    with torch.inference_mode():
        together = np.array(embedder.embed(faces))
        alone = np.concatenate([embedder.embed([face]) for face in faces])
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for face, found in zip(faces, together, strict=True):
        with net.borrowed() as one:
            one.setInput(cv2.dnn.blobFromImage(face))
            expected = np.asarray(one.forward()).reshape(-1)
        assert found @ expected / np.linalg.norm(expected) > 0.99999


def test_half_precision_makes_nobody_somebody_else(file: Path, faces: list[NDArray[np.uint8]]) -> None:
    with torch.inference_mode():
        full, half = (
            np.array(Embedder(file, Place(torch.device("cpu"), name)).embed(faces)) for name in ("fp32", "bf16")
        )
    assert (full * half).sum(axis=1).min() > 0.99


def test_no_face_no_vector(file: Path) -> None:
    assert Embedder(file, Place(torch.device("cpu"), "fp32")).embed([]) == []
