"""Masking: how much of what is labelled is really covered before a picture leaves, by the privacy layer as it is.

A face, a person, or a word or line of text counts as hidden when 90 % of its labelled outline is of the mask's colour. In the
crowds most faces are smaller than 20 pixels. What is masked where no person is labelled is too much.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figures
from benchmarks.quality.data import Row, local, rows
from visionhub import ClassifyCall, Image, Labels, PrivacyPolicy
from visionhub.flow import run
from visionhub.image.hide import FILL
from visionhub.layers.privacy import Privacy
from visionhub.testing import FakeProvider

ENOUGH = 0.9
LARGE = 20
Outlines = list[NDArray[np.float64]]


def measure() -> Figures:
    labelled = rows("faces")
    crowds = [row for row in labelled if row.get("exhaustive")]
    others = [row for row in labelled if row.get("faces") and not row.get("exhaustive")]
    texts = [row for row in rows("ocr") if row.get("words") or row.get("lines")]
    things = rows("detect")
    empty = [row for row in things if not any(one["label"] == "person" for one in row["annotations"])]
    return {
        **hidden("faces in crowds", "faces", crowds, lambda row: faces(row, 0)),
        **hidden("those of 20 pixels or more", "faces", crowds, lambda row: faces(row, LARGE)),
        **hidden("faces of other pictures", "faces", others, lambda row: faces(row, 0)),
        **hidden("words or lines", "text", texts, writing),
        **hidden("people", "person", things, people),
        "pictures without people": len(empty),
        "masked in them for faces": float(np.mean([mask.mean() for mask in masks("faces", empty)])),
    }


def hidden(name: str, kind: str, labelled: list[Row], known: Any) -> Figures:
    """How many there are, and the share of them that is covered."""
    covered = [
        share(mask, outline) >= ENOUGH
        for row, mask in zip(labelled, masks(kind, labelled), strict=True)
        for outline in known(row)
    ]
    return {name: len(covered), f"{name}: hidden": float(np.mean(covered))}


def masks(kind: str, labelled: list[Row]) -> Iterator[NDArray[np.bool_]]:
    """Which pixels of each picture are covered."""
    eyes = local("faces").route()
    layer = Privacy(PrivacyPolicy(mask=(kind,)), eyes)
    for row in labelled:
        acme = FakeProvider(Labels(labels=()), is_remote=True)
        # Without a file behind it the picture is sent as PNG, whose pixels are exact.
        run(layer.handle(ClassifyCall(image=Image(Image(row["file"]).rgb())), acme))
        sent: Any = acme.calls[0].pictures()["image"].array()
        yield (sent == FILL).all(axis=2)


def share(mask: NDArray[np.bool_], outline: NDArray[np.float64]) -> float:
    """How much of an outline is covered, 0..1."""
    inside = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], (1,))
    return float(mask[inside > 0].mean()) if inside.any() else 1.0


def faces(row: Row, side: int) -> Outlines:
    return [_box(face["bbox"]) for face in row["faces"] if min(face["bbox"][2:]) >= side]


def people(row: Row) -> Outlines:
    return [_box(one["bbox"]) for one in row["annotations"] if one["label"] == "person" and not one["iscrowd"]]


def writing(row: Row) -> Outlines:
    return [
        np.array(one["quad"], float).reshape(4, 2) for one in row.get("words") or row["lines"] if not one.get("ignore")
    ]


def _box(box: list[float]) -> NDArray[np.float64]:
    x, y, width, height = box
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
