"""False alarms of `moderate`, by category of the labelled pictures: how many are flagged, and the highest score of any.

No labelled picture is explicit, so every flag for `sexual` is false: first of all on the `safe_lookalike` ones. There is
nothing here to measure recall on.
"""

from __future__ import annotations

from collections import defaultdict

from benchmarks.figures import Figures, worst
from benchmarks.quality.data import answers, local, rows
from visionhub import Image, ModerateCall

LOOKALIKE = "safe_lookalike"


def measure() -> Figures:
    hub, labelled = local("moderate"), rows("moderate")
    assert not any(row["explicit"] for row in labelled)
    flagged: dict[str, int] = defaultdict(int)
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for row, answer in zip(
        labelled, answers(hub, (ModerateCall(image=Image(row["file"])) for row in labelled)), strict=True
    ):
        flagged[row["category"]] += answer.flagged
        scores[row["category"]][row["label"]] = max(category.score or 0.0 for category in answer.categories)
    figures: Figures = {}
    for category in sorted(scores, key=lambda name: (name != LOOKALIKE, name)):
        figures |= {
            f"{category}: pictures": len([row for row in labelled if row["category"] == category]),
            f"{category}: flagged": flagged[category],
            f"{category}: highest score": max(scores[category].values()),
        }
    return {**figures, "most suspected look-alikes": worst(scores[LOOKALIKE])}
