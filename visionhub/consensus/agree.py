"""How far two answers to one question say the same, 0..1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from visionhub.consensus.boxes import SAME, Boxed, kind_of
from visionhub.tasks import Caption, Comparison, Detections, Faces, Labels, Moderation, Result, Text

TOP = 5


def agreement(one: Result, other: Result) -> float | None:
    """0..1; None where the two cannot be compared.

    detect, faces      the share of things that both found, of one kind and at IoU .5 or more (Dice)
    classify           the share of common kinds among the first five (Dice)
    ocr                the share of words that both read, in order; case is ignored
    caption            the share of common words (Dice), which says little
    moderate           the share of the categories that both assessed with one verdict
    compare            1 for one verdict, else 0
    embed, generate    not compared: each model has vectors of its own
    """
    match one, other:
        case Detections(), Detections():
            return _boxes(one.objects, other.objects)
        case Faces(), Faces():
            return _boxes(one.faces, other.faces)
        case Labels(), Labels():
            return _dice(*([kind_of(label) for label in answer.labels[:TOP]] for answer in (one, other)))
        case Text(), Text():
            return _in_order(one.text.casefold().split(), other.text.casefold().split())
        case Caption(), Caption():
            return _dice(one.text.casefold().split(), other.text.casefold().split())
        case Moderation(), Moderation():
            verdicts = [{known.name: known.flagged for known in answer.categories} for answer in (one, other)]
            both = verdicts[0].keys() & verdicts[1].keys()
            return sum(verdicts[0][name] == verdicts[1][name] for name in both) / len(both) if both else None
        case Comparison(), Comparison():
            return float(one.same == other.same)
        case _:
            return None


def mean_agreement(answers: Sequence[Result]) -> float | None:
    """The mean over all pairs; None if no pair can be compared."""
    pairs = [
        agreed for index, one in enumerate(answers) for other in answers[index + 1 :]
        if (agreed := agreement(one, other)) is not None
    ]  # fmt: skip
    return sum(pairs) / len(pairs) if pairs else None


def _boxes(one: Sequence[Boxed], other: Sequence[Boxed]) -> float:
    if not one and not other:
        return 1.0
    pairs = [
        (shared, here, there)
        for here, a in enumerate(one)
        for there, b in enumerate(other)
        if kind_of(a) == kind_of(b) and (shared := a.box.iou(b.box)) >= SAME
    ]
    taken: tuple[set[int], set[int]] = set(), set()
    for _, here, there in sorted(pairs, reverse=True):
        if here not in taken[0] and there not in taken[1]:
            taken[0].add(here)
            taken[1].add(there)
    return 2 * len(taken[0]) / (len(one) + len(other))


def _dice(one: Sequence[str], other: Sequence[str]) -> float:
    if not one and not other:
        return 1.0
    return 2 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))


def _in_order(one: Sequence[str], other: Sequence[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
