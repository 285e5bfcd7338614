"""COCO's AP of `detect` on its pictures: mean over IoU .50 to .95 and all 80 classes, over the full range of scores."""

from __future__ import annotations

from benchmarks.figures import Figures
from benchmarks.quality.coco import average_precision
from benchmarks.quality.data import answers, local, rows
from visionhub import DetectCall, Image


def measure() -> Figures:
    hub = local("detect")
    chosen = [row for row in rows("detect") if row["dataset"] == "coco-val2017"]
    calls = (DetectCall(image=Image(row["file"]), min_score=0.0) for row in chosen)
    found = [
        entry
        for row, answer in zip(chosen, answers(hub, calls), strict=True)
        for entry in answer.to_coco(row["image_id"])
        if entry["category_id"]
    ]
    known = [
        (row["image_id"], {**label, "category_id": label["coco_id"]}) for row in chosen for label in row["annotations"]
    ]
    stats = average_precision({row["image_id"]: row for row in chosen}, known, found)
    return {"pictures": len(chosen), "AP": stats["AP_all"], "AP50": stats["AP_50"], "AP75": stats["AP_75"]}
