"""Pictures, and texts where the model reads them, as vectors: CLIP, SigLIP, DINO, or the features of any other vision model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from transformers import AutoModel
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from visionhub.errors import UnsupportedError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.engines.torch.pictures import pictures
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.texts import Texts


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    return Embedder(folder, place)


class Embedder:
    """Vectors of length 1. Where a model gives no vector for the whole picture, it is the mean of those of its parts."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self._model = folder.model(AutoModel, place)
        self._pictures = pictures(folder.part(AutoImageProcessor), place)
        self._texts = Texts(folder, self._model, place) if hasattr(self._model, "get_text_features") else None
        self._name = folder.name
        self.modules = [self._model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`."""
        if body["image"] is None:
            if self._texts is None:
                raise UnsupportedError(f"{self._name} reads no texts.", hint="CLIP and SigLIP do.")
            return "text", body["text"]
        prepared = self._pictures.prepare(body["image"])
        return prepared.key, prepared

    def answer(self, questions: Sequence[Any]) -> Sequence[Answer]:
        """See `Task`."""
        if isinstance(questions[0], str):
            assert self._texts is not None
            vectors = self._texts.read(questions)
        else:
            inputs = self._pictures.batch(questions)
            vectors = self._texts.seen(inputs) if self._texts else _whole(self._model(**inputs))
        return [{"vector": row} for row in vectors.float().cpu().tolist()]


def _whole(output: Any) -> torch.Tensor:
    found = getattr(output, "pooler_output", None)
    if found is None:
        parts = output.last_hidden_state
        # Of a transformer (picture, part, feature), of a convolutional model (picture, feature, row, column).
        found = parts.mean(dim=1 if parts.ndim == 3 else (2, 3))
    return torch.nn.functional.normalize(found.flatten(1), dim=-1)
