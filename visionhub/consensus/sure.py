"""How sure an answer is of itself."""

from __future__ import annotations

from collections.abc import Iterable

from visionhub.tasks import Caption, Comparison, Detections, Faces, Images, Labels, Moderation, Result, Text


def is_empty(answer: Result) -> bool:
    """Whether nothing was found, read or said."""
    match answer:
        case Detections():
            return not answer.objects
        case Faces():
            return not answer.faces
        case Labels():
            return not answer.labels
        case Text():
            return not answer.text.strip()
        case Caption():
            return not answer.text.strip()
        case Moderation():
            return not answer.categories
        case Images():
            return not answer.images
        case _:
            return False


def confidence(answer: Result) -> float | None:
    """0..1, or None for an answer without scores.

    classify        the best label's score            detect, faces   the mean of all
    ocr             the mean, by length of the lines  caption         its own score
    moderate        of the most doubtful verdict: the score, or 1 - score for "not flagged"
    compare         the same, of the similarity; None where the threshold is not one of even chances
    """
    match answer:
        case Labels():
            return max((label.score for label in answer.labels if label.score is not None), default=None)
        case Detections():
            return _mean((found.score, 1.0) for found in answer.objects)
        case Faces():
            return _mean((face.score, 1.0) for face in answer.faces)
        case Text():
            return _mean((line.score, len(line.text)) for line in answer.lines)
        case Caption():
            return answer.score
        case Moderation():
            known = [(one.score, one.flagged) for one in answer.categories if one.score is not None]
            return min((score if flagged else 1.0 - score for score, flagged in known), default=None)
        case Comparison() if answer.similarity is not None and answer.threshold == 0.5:
            return answer.similarity if answer.same else 1.0 - answer.similarity
        case _:
            return None


def _mean(scored: Iterable[tuple[float | None, float]]) -> float | None:
    known = [(score, weight) for score, weight in scored if score is not None and weight > 0]
    total = sum(weight for _, weight in known)
    return sum(score * weight for score, weight in known) / total if total else None
