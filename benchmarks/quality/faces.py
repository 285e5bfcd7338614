"""Faces: which pairs `compare_faces` gets right; and what `faces` finds where every face is labelled, at IoU .50.

Precision and recall are those of the default rule; AP50 is over the full range of scores. Most labelled faces are smaller
than 20 pixels. The margins say how far the closest pair of each kind lies from the threshold of similarity.
"""

from __future__ import annotations

from benchmarks.figures import Figures
from benchmarks.quality.coco import average_precision
from benchmarks.quality.data import DATA, Row, answers, local, rows
from visionhub import Box, CompareCall, Faces, FacesCall, Hub, Image

ENOUGH = 0.5
MOST = 1000


def measure() -> Figures:
    hub = local("faces")
    return {**pairs(hub), **boxes(hub)}


def pairs(hub: Hub) -> Figures:
    labelled, folder = rows("faces", "pairs"), DATA / "faces"
    calls = (CompareCall(image=Image(folder / row["a"]), other=Image(folder / row["b"])) for row in labelled)
    right = 0
    same: list[float] = []
    different: list[float] = []
    for row, answer in zip(labelled, answers(hub, calls), strict=True):
        assert answer.similarity is not None
        assert answer.threshold is not None
        right += answer.same == row["same"]
        (same if row["same"] else different).append(answer.similarity - answer.threshold)
    return {
        "pairs": len(labelled),
        "pairs right": right,
        "margin of the same": min(same),
        "margin of the different": -max(different),
    }


def boxes(hub: Hub) -> Figures:
    labelled = [row for row in rows("faces") if row.get("exhaustive")]
    usual = answers(hub, (FacesCall(image=Image(row["file"])) for row in labelled))
    hits = found = 0
    for row, answer in zip(labelled, usual, strict=True):
        hits += matched(row, answer)
        found += len(answer.faces)
    every = answers(hub, (FacesCall(image=Image(row["file"]), min_score=0.0) for row in labelled))
    entries = [
        {**entry, "category_id": 1} for number, answer in enumerate(every, 1) for entry in answer.to_coco(number)
    ]
    known = [
        (number, {"category_id": 1, "bbox": face["bbox"], "area": face["bbox"][2] * face["bbox"][3], "iscrowd": 0})
        for number, row in enumerate(labelled, 1)
        for face in row["faces"]
    ]
    stats = average_precision(dict(enumerate(labelled, 1)), known, entries, MOST)
    return {
        "exhaustive pictures": len(labelled),
        "labelled faces": len(known),
        "recall": hits / len(known),
        "precision": hits / found,
        "AP50": stats["AP_50"],
    }


def matched(row: Row, answer: Faces) -> int:
    """How many labelled faces are found, each by one answer, the best score first."""
    width, height = row["width"], row["height"]
    free = [
        Box.clamped(x / width, y / height, (x + w) / width, (y + h) / height)
        for x, y, w, h in (face["bbox"] for face in row["faces"])
    ]
    for face in answer.faces:
        nearest = max(free, key=face.box.iou, default=None)
        if nearest is not None and face.box.iou(nearest) >= ENOUGH:
            free.remove(nearest)
    return len(row["faces"]) - len(free)
