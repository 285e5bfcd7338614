"""Faces: boxes, landmarks and pose; an embedding and attributes only when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from visionhub.providers.local.cards import Card, card, parts
from visionhub.providers.local.models import Model, Models
from visionhub.providers.local.models.face import Part, sface, yunet
from visionhub.providers.local.models.face.pose import head_pose


def load(chosen: Card, models: Models) -> Model:
    """`params.embedder` names the card of the embedding; parts of `faces` say in their `params.attributes` what they guess."""
    finder = yunet.load(models.files(chosen)["net"])

    def answer(body: Mapping[str, Any]) -> dict[str, Any]:
        rgb = body["image"].array()
        found = yunet.detect(finder, rgb, min_score=body["min_score"])
        rows: list[dict[str, Any]] = [
            {
                "box": face.box,
                "score": face.score,
                "landmarks": dict(zip(yunet.LANDMARKS, face.landmarks.tolist(), strict=True)),
                "pose": head_pose(face.landmarks)._asdict(),
                "attributes": {},
            }
            for face in found
        ]
        points = [face.landmarks for face in found]
        if found and body["embedding"]:
            files = models.files(card(str(chosen.params["embedder"])))
            embedder = models.once(files["net"], lambda: sface.load(files["net"]))
            for row, face in zip(rows, points, strict=True):
                row["embedding"] = sface.embed(embedder, rgb, face).tolist()
        for guess in _guesses(body["attributes"], models) if found else ():
            for row, guessed in zip(rows, guess(rgb, points), strict=True):
                row["attributes"] |= {name: value for name, value in guessed.items() if name in body["attributes"]}
        return {"faces": rows}

    return answer


def _guesses(attributes: Sequence[str], models: Models) -> list[Part]:
    return [models.get(part.name) for part in parts("faces") if set(part.params["attributes"]) & set(attributes)]
