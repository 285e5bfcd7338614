"""Quality of the local models on the labelled pictures of ../shared/data, as a table and as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from visionhub import ClassifyCall, DetectCall, Hub, Image, VisionError

DATA = Path(__file__).parents[2] / "shared" / "data"


def rows(task: str, name: str = "labels") -> list[dict[str, Any]]:
    """The labelled rows of a task, each with the full `file` path."""
    folder = DATA / task
    found = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
    return [{**row, "file": folder / row["path"]} if "path" in row else row for row in found]


def classify(hub: Hub) -> dict[str, float]:
    """Top-1 and top-5 on the ImageNet pictures."""
    chosen = [row for row in rows("classify") if row["dataset"] == "imagenet-1k"]
    top1 = top5 = 0
    for row, answer in zip(chosen, hub.map(ClassifyCall(image=Image(row["file"])) for row in chosen), strict=True):
        assert not isinstance(answer, VisionError), answer
        ids = [label.id for label in answer.labels]
        top1 += ids[0] == row["wnid"]
        top5 += row["wnid"] in ids
    return {"pictures": len(chosen), "top1": top1 / len(chosen), "top5": top5 / len(chosen)}


def detect(hub: Hub) -> dict[str, float]:
    """COCO's AP over the full range of scores."""
    from faster_coco_eval import COCO, COCOeval_faster

    chosen = [row for row in rows("detect") if row["dataset"] == "coco-val2017"]
    truth = {
        "images": [{"id": row["image_id"], "width": row["width"], "height": row["height"]} for row in chosen],
        "annotations": [
            {**known, "id": number, "image_id": row["image_id"], "category_id": known["coco_id"]}
            for number, (row, known) in enumerate(((row, known) for row in chosen for known in row["annotations"]), 1)
        ],
        "categories": [{"id": number, "name": str(number)} for number in range(1, 91)],
    }
    found: list[dict[str, Any]] = []
    calls = (DetectCall(image=Image(row["file"]), min_score=0.0) for row in chosen)
    for row, answer in zip(chosen, hub.map(calls), strict=True):
        assert not isinstance(answer, VisionError), answer
        found += [entry for entry in answer.to_coco(row["image_id"]) if entry["category_id"]]
    known = COCO(truth)
    evaluation = COCOeval_faster(known, known.loadRes(found), "bbox")
    evaluation.run()
    stats = evaluation.stats_as_dict
    return {"pictures": len(chosen), "AP": stats["AP_all"], "AP50": stats["AP_50"], "AP75": stats["AP_75"]}


def main(names: list[str]) -> None:
    """Runs the named measurements, or all."""
    hub = Hub("local")
    for name in names or ["classify", "detect"]:
        started = time.perf_counter()
        figures = globals()[name](hub)
        print(name, figures, f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
