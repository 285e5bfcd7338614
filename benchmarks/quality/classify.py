"""Top-1 and top-5 of `classify` on the ImageNet pictures: the share whose label comes first, or among the first five."""

from __future__ import annotations

from benchmarks.figures import Figures
from benchmarks.quality.data import answers, local, rows
from visionhub import ClassifyCall, Image


def measure() -> Figures:
    hub = local("classify")
    chosen = [row for row in rows("classify") if row["dataset"] == "imagenet-1k"]
    top1 = top5 = 0
    for row, answer in zip(
        chosen, answers(hub, (ClassifyCall(image=Image(row["file"])) for row in chosen)), strict=True
    ):
        ids = [label.id for label in answer.labels]
        top1 += ids[0] == row["wnid"]
        top5 += row["wnid"] in ids[:5]
    return {"pictures": len(chosen), "top-1": top1 / len(chosen), "top-5": top5 / len(chosen)}
