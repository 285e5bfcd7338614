"""Whether the largest faces of two pictures are one person's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.errors import InputError
from visionhub.image import Image
from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines.opencv import NetPool
from visionhub.providers.local.models import Model, Models
from visionhub.providers.local.models.face import sface, yunet


def load(card: Card, models: Models) -> Model:
    """Its files are the finder's and the embedder's nets."""
    files = models.files(card)
    finder = yunet.load(files["finder"])
    embedder = models.once(files["net"], lambda: sface.load(files["net"]))

    def answer(body: Mapping[str, Any]) -> dict[str, Any]:
        pictures = body["image"], body["other"]
        faces = [_largest(finder, picture) for picture in pictures]
        first, second = (
            sface.embed(embedder, picture.array(), face.landmarks)
            for picture, face in zip(pictures, faces, strict=True)
        )
        distance = sface.distance(first, second)
        return {
            "distance": distance,
            "similarity": sface.similarity(distance),
            "threshold": sface.similarity(sface.SAME_DISTANCE),
            "boxes": [face.box for face in faces],
        }

    return answer


def _largest(finder: NetPool, picture: Image) -> yunet.Face:
    face = yunet.largest(yunet.detect(finder, picture.array()))
    if face is None:
        raise InputError(f"No face was found in {picture.name}.", source=picture.name)
    return face
