"""One answer from several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from visionhub.consensus.agree import agreement, mean_agreement
from visionhub.consensus.boxes import clusters, kind_of
from visionhub.tasks import Detections, Faces, Labels, Moderation, Result
from visionhub.tasks.base import best
from visionhub.tasks.classify import Label
from visionhub.tasks.moderate import Category

R = TypeVar("R", bound=Result)


def merged(answers: Sequence[R], need: int) -> R:
    """What at least `need` of the answers say; `provider` names all of them, `agreement` is the mean over all pairs.

    detect, faces   things found by `need`: weighted box fusion; score: the mean, those that lack it counted as 0
    classify        labels given by `need`; score likewise
    moderate        a category is flagged if `need` of those that assessed it say so, or all if they are fewer
    the others      the answer that agrees most with the others, as it is
    """
    made = cast("R", _merged(answers, need))
    names = "+".join(dict.fromkeys(answer.provider for answer in answers))
    return made.model_copy(update={"provider": names, "model": None, "agreement": mean_agreement(answers)})


def _merged(answers: Sequence[Result], need: int) -> Result:
    first = answers[0]
    match first:
        case Detections():
            things = [answer.objects for answer in answers if isinstance(answer, Detections)]
            fused = [
                cluster.best.model_copy(update={"box": cluster.box, "score": cluster.score(len(answers))})
                for cluster in clusters(things)
                if len(cluster.members) >= need
            ]
            return first.model_copy(update={"objects": best(fused, None, None), "raw": None})
        case Faces():
            seen = [answer.faces for answer in answers if isinstance(answer, Faces)]
            faces = [
                cluster.best.model_copy(update={"box": cluster.box, "score": cluster.score(len(answers))})
                for cluster in clusters(seen)
                if len(cluster.members) >= need
            ]
            return first.model_copy(update={"faces": best(faces, None, None), "raw": None})
        case Labels():
            given = [answer.labels for answer in answers if isinstance(answer, Labels)]
            return first.model_copy(update={"labels": _labels(given, need), "raw": None})
        case Moderation():
            assessed = [answer.categories for answer in answers if isinstance(answer, Moderation)]
            verdicts = Moderation.of(_categories(assessed, need))
            changed = {name: getattr(verdicts, name) for name in ("flagged", "categories", "not_assessed")}
            return first.model_copy(update={**changed, "raw": None})
        case _:
            return max(answers, key=lambda answer: sum(agreement(answer, other) or 0.0 for other in answers))


def _labels(given: Sequence[Sequence[Label]], need: int) -> tuple[Label, ...]:
    by_kind: dict[str, list[Label]] = {}
    for labels in given:
        for kind, label in {kind_of(label): label for label in reversed(labels)}.items():
            by_kind.setdefault(kind, []).append(label)
    kept = []
    for labels in by_kind.values():
        if len(labels) >= need:
            scores = [label.score for label in labels if label.score is not None]
            score = sum(scores) / len(scores) * len(labels) / len(given) if scores else None
            kept.append(labels[0].model_copy(update={"score": score}))
    return best(kept, None, None)


def _categories(assessed: Sequence[Sequence[Category]], need: int) -> list[Category]:
    by_name: dict[str, list[Category]] = {}
    for categories in assessed:
        # A provider may give several of its own names to one of ours: its strictest verdict counts.
        strictest = {one.name: one for one in sorted(categories, key=lambda one: (one.flagged, one.score or 0.0))}
        for name, category in strictest.items():
            by_name.setdefault(name, []).append(category)
    voted = []
    for given in by_name.values():
        flagged = sum(category.flagged for category in given) >= min(need, len(given))
        shown = next((category for category in given if category.flagged == flagged), given[0])
        scores = [category.score for category in given if category.score is not None]
        score = sum(scores) / len(scores) if scores else None
        voted.append(shown.model_copy(update={"flagged": flagged, "score": score}))
    return voted
