"""Faces by MTCNN on PyTorch: boxes, landmarks and pose; SFace's embedding, by the same device, when it is asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Resampling

from visionhub.image import Image
from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.face import sface
from visionhub.providers.local.models.face.mtcnn import Cascade
from visionhub.providers.local.models.face.pose import head_pose
from visionhub.providers.local.models.face.sface_net import Embedder
from visionhub.providers.local.models.face.yunet import LANDMARKS

AT_ONCE: Final = 4
"""Pictures that are looked at together, however large the batch: this bounds the memory that they take."""
BLOCK: Final = 64
"""Black is added up to a multiple of so many pixels, that pictures of nearly one size make one batch."""


def load(card: Card, files: Mapping[str, Path], place: Place) -> Task:
    """See `FromCard`. `params.side` is the longer side that a picture is looked at with, `params.min_score` what counts as a face."""
    return Finder(card, files, place)


class Question(NamedTuple):
    """Bytes `(h, w, 3)`; how many pixels of theirs are one of the picture, across and down; the picture itself, if it is needed yet."""

    pixels: torch.Tensor
    ratio: NDArray[np.float64]
    size: tuple[int, int]
    min_score: float
    image: Image | None


class Finder:
    """See the module. Its landmarks come in YuNet's order."""

    def __init__(self, card: Card, files: Mapping[str, Path], place: Place) -> None:
        self._cascade = Cascade(files, place)
        self._place = place
        self._embedder = Embedder(files["embedder"], place)
        self._side = int(card.params["side"])
        self._min_score = float(card.params["min_score"])
        self.modules = [self._cascade.proposer, self._cascade.refiner, self._cascade.finisher, self._embedder.net]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        image: Image = body["image"]
        rgb = image.rgb()
        size = image.width, image.height
        shrink = min(1.0, self._side / max(size))
        small = [max(1, round(side * shrink)) for side in size]
        pixels = np.asarray(rgb if shrink == 1 else rgb.resize((small[0], small[1]), Resampling.BOX))
        canvas = np.zeros([*(-(-side // BLOCK) * BLOCK for side in pixels.shape[:2]), 3], np.uint8)
        canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
        min_score = self._min_score if body["min_score"] is None else float(body["min_score"])
        kept = image if body["embedding"] else None
        return canvas.shape, Question(torch.from_numpy(canvas), np.divide(small, size), size, min_score, kept)

    def answer(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """See `Task`."""
        parts = [questions[at : at + AT_ONCE] for at in range(0, len(questions), AT_ONCE)]
        return [answer for part in parts for answer in self._answers(part)]

    def _answers(self, questions: Sequence[Question]) -> list[Answer]:
        found = self._cascade.find(torch.stack(self._place.upload([one.pixels for one in questions])))
        answers = []
        for number, asked in enumerate(questions):
            own = found.only((found.owner == number) & (found.scores >= asked.min_score))
            boxes = np.clip(own.boxes / np.tile(asked.ratio, 2), 0, np.tile(asked.size, 2))
            inside = (boxes[:, :2] < boxes[:, 2:]).all(axis=1)  # in what was added there is nothing
            points = (own.points / asked.ratio)[inside]
            faces = [_row(*row) for row in zip(boxes[inside], own.scores[inside].tolist(), points, strict=True)]
            if asked.image:
                picture = asked.image.array()
                vectors = self._embedder.embed([sface.align(picture, one) for one in points])
                faces = [{**face, "embedding": vector} for face, vector in zip(faces, vectors, strict=True)]
            answers.append({"faces": faces})
        return answers


def _row(box: NDArray[np.float64], score: float, points: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "box": tuple(box.tolist()),
        "score": score,
        "landmarks": dict(zip(LANDMARKS, points.tolist(), strict=True)),
        "pose": head_pose(points)._asdict(),
        "attributes": {},
    }
