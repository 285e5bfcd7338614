"""Classification: by a model's own classes, or, of an open vocabulary, by the caller's words (CLIP, SigLIP)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

from transformers import AutoModelForImageClassification, AutoModelForZeroShotImageClassification
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from visionhub.errors import InputError, VisionError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.engines.torch.pictures import pictures
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.names import Names
from visionhub.providers.local.models.auto.texts import Texts

USUAL = 5


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if "ImageClassification" in folder.architecture:
        return Classifier(folder, place)
    if folder.offers(AutoModelForZeroShotImageClassification):
        return ZeroShot(folder, place)
    raise folder.wrong_task()


class Classifier:
    """A closed set of classes."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self._model = folder.model(AutoModelForImageClassification, place)
        self._pictures = pictures(folder.part(AutoImageProcessor), place)
        self._names = Names(folder.config, folder.name)
        config = folder.config
        # As transformers' pipeline decides it: classes that exclude each other share 1, others are each yes or no.
        self._is_exclusive = config.problem_type != "multi_label_classification" and config.num_labels > 1
        self.modules = [self._model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        wanted = self._names.chosen(body["labels"]) if body["labels"] else None
        prepared = self._pictures.prepare(body["image"])
        return prepared.key, (prepared, wanted, body["count"] or USUAL)

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        logits = self._model(**self._pictures.batch([prepared for prepared, _, _ in questions])).logits.float()
        scores = logits.softmax(-1) if self._is_exclusive else logits.sigmoid()
        best, numbers = (found.cpu() for found in scores.sort(dim=-1, descending=True, stable=True))
        return [
            {"classes": self._rows(row.tolist(), order.tolist(), wanted, count), "warnings": self._names.warnings}
            for row, order, (_, wanted, count) in zip(best.numpy(), numbers.numpy(), questions, strict=True)
        ]

    def _rows(
        self, scores: list[float], numbers: list[int], wanted: set[int] | None, count: int
    ) -> list[dict[str, Any]]:
        found = zip(numbers, scores, strict=True)
        kept = ((number, score) for number, score in found if wanted is None or number in wanted)
        rows = ({"id": str(number), "name": self._names[number], "score": score} for number, score in kept)
        return list(islice(rows, count))


class ZeroShot:
    """The caller's own classes, each as a sentence; which one fits the picture best."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self._model = folder.model(AutoModelForZeroShotImageClassification, place)
        self._pictures = pictures(folder.part(AutoImageProcessor), place)
        self._texts = Texts(folder, self._model, place)
        self._name = folder.name
        self._is_exclusive = "siglip" not in folder.config.model_type
        self.modules = [self._model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        labels = body["labels"]
        if not labels:
            raise InputError(
                f"{self._name} has no classes of its own.",
                hint='Give it some: hub.classify(image, labels=["cat", "dog"], …).',
            )
        prepared = self._pictures.prepare(body["image"])
        return (prepared.key, labels), (prepared, labels, body["count"] or len(labels))

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer | VisionError]:
        """See `Task`."""
        labels = questions[0][1]
        seen = self._texts.seen(self._pictures.batch([prepared for prepared, _, _ in questions]))
        logits = self._texts.logits(seen, [f"This is a photo of {label}." for label in labels])
        scores = (logits.softmax(-1) if self._is_exclusive else logits.sigmoid()).cpu()
        return [_sorted(labels, row.tolist(), count) for row, (_, _, count) in zip(scores, questions, strict=True)]


def _sorted(labels: Sequence[str], scores: list[float], count: int) -> Answer:
    order = sorted(range(len(labels)), key=lambda at: -scores[at])[:count]
    return {"classes": [{"id": None, "name": labels[at], "score": scores[at]} for at in order]}
