"""Detection: of a model's own classes, or, of an open vocabulary, of what the caller names (OWLv2, Grounding DINO)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from transformers import (
    AutoModelForObjectDetection,
    AutoModelForZeroShotObjectDetection,
    AutoProcessor,
)
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from visionhub.errors import InputError, UnsupportedError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.engines.torch.pictures import pictures
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.names import Names

# As transformers' pipelines have them.
USUAL = 0.5
USUAL_OPEN = 0.1


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if folder.offers(AutoModelForZeroShotObjectDetection):
        return OpenDetector(folder, place)
    if folder.offers(AutoModelForObjectDetection):
        return Detector(folder, place)
    raise folder.wrong_task()


class Detector:
    """A closed set of classes."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self._model = folder.model(AutoModelForObjectDetection, place)
        self._processor = folder.part(AutoImageProcessor)
        self._pictures = pictures(self._processor, place)
        self._names = Names(folder.config, folder.name)
        self.modules = [self._model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        wanted = self._names.chosen(body["labels"]) if body["labels"] else None
        prepared = self._pictures.prepare(body["image"])
        return prepared.key, (prepared, wanted, USUAL if body["min_score"] is None else body["min_score"])

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        output = self._model(**self._pictures.batch([prepared for prepared, _, _ in questions]))
        least = min(limit for _, _, limit in questions)
        found = downloaded(self._processor.post_process_object_detection(output, threshold=least))
        return [
            {
                "objects": [
                    {"id": str(number), "name": self._names[number], "score": score, "box": box}
                    for score, number, box in rows
                    # Some models have a class for nothing, which has no name.
                    if score >= limit and number in self._names and (wanted is None or number in wanted)
                ],
                "warnings": self._names.warnings,
            }
            for rows, (_, wanted, limit) in zip(found, questions, strict=True)
        ]


class OpenDetector:
    """The caller's own words."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self._model = folder.model(AutoModelForZeroShotObjectDetection, place)
        self._processor = folder.part(AutoProcessor)
        self._pictures = pictures(self._processor.image_processor, place)
        self._place = place
        self._name = folder.name
        kind = folder.config.model_type
        if kind not in ("owlvit", "owlv2") and "grounding-dino" not in kind:
            raise UnsupportedError(
                f"{folder.name} is a {folder.architecture}, which is not known here.",
                hint="OWLv2 and Grounding DINO are.",
            )
        self._is_square = kind == "owlv2"
        self._find = self._by_queries if kind.startswith("owl") else self._by_phrases
        self.modules = [self._model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        labels = body["labels"]
        if not labels:
            raise InputError(
                f"{self._name} finds only what it is told to.",
                hint='Name it: hub.detect(image, labels=["cat", "traffic cone"], …).',
            )
        if self._is_cut(labels):
            raise InputError(
                f"{self._name} cannot read so many labels at once, or such long ones.",
                hint="Ask for fewer of them in one call.",
            )
        least = USUAL_OPEN if body["min_score"] is None else body["min_score"]
        prepared = self._pictures.prepare(body["image"])
        # What a phrase is made of depends on the least score.
        return (prepared.key, labels, least), (prepared, labels, least)

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        labels = questions[0][1]
        inputs = self._pictures.batch([prepared for prepared, _, _ in questions])
        found = self._find(inputs, labels, min(limit for _, _, limit in questions))
        return [
            {
                "objects": [
                    {"id": None, "name": name, "score": score, "box": self._unpadded(box, prepared.size)}
                    for score, name, box in rows
                    if score >= limit
                ]
            }
            for rows, (prepared, _, limit) in zip(found, questions, strict=True)
        ]

    def _is_cut(self, labels: Sequence[str]) -> bool:
        """Whether the model would not read all of what is asked for."""
        if self._find == self._by_queries:
            return False
        read = self._processor.tokenizer(_phrases(labels), truncation=True, verbose=False).input_ids
        return len(read) < len(self._processor.tokenizer(_phrases(labels), verbose=False).input_ids)

    def _by_queries(self, inputs: dict[str, torch.Tensor], labels: Sequence[str], least: float) -> list[list[Any]]:
        count = len(inputs["pixel_values"])
        texts = self._processor.tokenizer(
            [f"a photo of a {label}" for label in labels], padding="max_length", truncation=True, return_tensors="pt"
        )
        read = {name: tensor.to(self._place.device).repeat(count, 1) for name, tensor in texts.items()}
        output = self._model(**read, **inputs)
        found = downloaded(self._processor.image_processor.post_process_object_detection(output, threshold=least))
        return [[(score, labels[number], box) for score, number, box in rows] for rows in found]

    def _by_phrases(self, inputs: dict[str, torch.Tensor], labels: Sequence[str], least: float) -> list[list[Any]]:
        count = len(inputs["pixel_values"])
        texts = self._processor.tokenizer(_phrases(labels), truncation=True, return_tensors="pt")
        read = {name: tensor.to(self._place.device).repeat(count, 1) for name, tensor in texts.items()}
        output = self._model(**read, **inputs)
        found = self._processor.post_process_grounded_object_detection(
            output, read["input_ids"], threshold=least, text_threshold=min(least, 0.25)
        )
        return [
            [
                (score, nearest(phrase, labels), box)
                for score, phrase, box in zip(
                    one["scores"].tolist(), one["text_labels"], one["boxes"].tolist(), strict=True
                )
                if phrase.strip(" .")
            ]
            for one in found
        ]

    def _unpadded(self, box: Sequence[float], size: tuple[int, int]) -> list[float]:
        """A box of the square that the picture was put into, as one of the picture."""
        if not self._is_square:
            return list(box)
        height, width = size
        side = max(size)
        return [box[0] * side / width, box[1] * side / height, box[2] * side / width, box[3] * side / height]


def _phrases(labels: Sequence[str]) -> str:
    """As Grounding DINO was trained on them: in small letters, each ended by a dot."""
    return " ".join(f"{label.lower().strip(' .')}." for label in labels)


def downloaded(results: Sequence[Mapping[str, torch.Tensor]]) -> list[list[tuple[float, int, list[float]]]]:
    """What was found in each picture: score, class, and box (left, top, right, bottom) in parts of the model's input. One transfer for all."""
    counts = [len(one["scores"]) for one in results]
    flat = torch.cat(
        [torch.cat([one["scores"][:, None], one["labels"][:, None], one["boxes"]], 1).float() for one in results]
    )
    rows = [(row[0], int(row[1]), row[2:]) for row in flat.cpu().tolist()]
    ends = [sum(counts[: at + 1]) for at in range(len(counts))]
    return [rows[end - count : end] for end, count in zip(ends, counts, strict=True)]


def nearest(phrase: str, labels: Sequence[str]) -> str:
    """The label that a phrase of the model stands for: it may be a part of one, or run over several."""
    words = set(phrase.split())
    return max(
        labels, key=lambda label: (label.lower() == phrase, len(words & set(label.lower().split())), -len(label))
    )
