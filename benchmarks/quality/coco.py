"""Average precision, by the evaluation of COCO as faster-coco-eval has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.quality.data import Row


def average_precision(
    pictures: Mapping[int, Row], known: Sequence[tuple[int, Row]], found: Sequence[Row], most: int = 100
) -> dict[str, float]:
    """`AP_all`, `AP_50`, `AP_75` and the rest, from labelled and found rows in COCO's own format.

    `known` holds the picture's number and an annotation for each; crowds are ignored as in pycocotools. At most `most`
    answers a picture count.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    truth = {
        "images": [{"id": number, "width": row["width"], "height": row["height"]} for number, row in pictures.items()],
        "annotations": [{**row, "id": place, "image_id": number} for place, (number, row) in enumerate(known, 1)],
        "categories": [
            {"id": number, "name": str(number)} for number in sorted({row["category_id"] for _, row in known})
        ],
    }
    labelled = COCO(truth)
    evaluation: Any = COCOeval_faster(labelled, labelled.loadRes(list(found)), "bbox")
    evaluation.params.maxDets = [1, 10, most]
    evaluation.run()
    stats: dict[str, float] = evaluation.stats_as_dict
    return stats
