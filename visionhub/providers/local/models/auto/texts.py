"""Models that see pictures and read texts into one space: CLIP, SigLIP and their kin."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import torch
from transformers import AutoTokenizer

from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.models.auto.loading import Folder

KEPT = 4096


class Texts:
    """Pictures and texts as vectors of length 1, and how well they fit. Texts are read once: the same labels come again and again."""

    def __init__(self, folder: Folder, model: Any, place: Place) -> None:
        self._model = model
        self._place = place
        self._tokenizer = folder.part(AutoTokenizer)
        self._is_siglip = "siglip" in folder.config.model_type
        self._known: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._lock = Lock()

    def seen(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Vectors of pictures."""
        return _vectors(self._model.get_image_features(**inputs))

    def read(self, texts: Sequence[str]) -> torch.Tensor:
        """Vectors of texts. Those too long for the model are cut."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            if new:
                # SigLIP was trained with padding to the full length, and reads nothing else well.
                padding = {"padding": "max_length", "max_length": 64} if self._is_siglip else {"padding": True}
                inputs = self._tokenizer(new, return_tensors="pt", truncation=True, **padding).to(self._place.device)
                vectors = _vectors(self._model.get_text_features(**inputs))
                # Threads that do not wait for this one's stream read them too.
                self._place.settle()
                self._known.update(zip(new, vectors, strict=True))
            found = torch.stack([self._known[text] for text in texts])
            for text in texts:
                self._known.move_to_end(text)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return found

    def logits(self, seen: torch.Tensor, texts: Sequence[str]) -> torch.Tensor:
        """How well each picture fits each text, as the model was trained to say it: shape `(pictures, texts)`."""
        fit = (seen @ self.read(texts).T).float() * self._model.logit_scale.float().exp()
        bias = getattr(self._model, "logit_bias", None)
        logits: torch.Tensor = fit if bias is None else fit + bias.float()
        return logits


def _vectors(output: Any) -> torch.Tensor:
    found: torch.Tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return torch.nn.functional.normalize(found, dim=-1)
