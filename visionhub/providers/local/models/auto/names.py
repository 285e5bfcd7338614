"""What a model calls the things it knows, and which of them are asked for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from visionhub.errors import UnsupportedError
from visionhub.labels import kind, means

UNNAMED = re.compile(r"LABEL_\d+")
IMAGENET_FIRST = "tench, Tinca tinca"


class Names:
    """The classes of a model, by number. Of ImageNet's lists of synonyms, the first one is the name."""

    def __init__(self, config: Any, model: str) -> None:
        found = {int(number): str(name) for number, name in (getattr(config, "id2label", None) or {}).items()}
        listed = found.get(0) == IMAGENET_FIRST
        self._names = {number: name.partition(",")[0] if listed else name for number, name in found.items()}
        self._model = model
        self.is_unnamed = any(UNNAMED.fullmatch(name) for name in found.values())

    def __getitem__(self, number: int) -> str:
        return self._names.get(number, f"LABEL_{number}")

    def __contains__(self, number: int) -> bool:
        return number in self._names

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What a caller should know of them."""
        if not self.is_unnamed:
            return []
        said = f"{self._model} does not say what its classes are called: LABEL_n stands for its class n."
        return [{"code": "labels_unnamed", "message": said}]

    def chosen(self, labels: Sequence[str]) -> set[int]:
        """The numbers of those that are meant by any of `labels`. Raises `UnsupportedError` for one that means none."""
        found = set()
        for word in labels:
            meant = {
                number
                for number, name in self._names.items()
                if means(word, name, known.name if (known := kind(name, None)) else None)
            }
            if not meant:
                near = difflib.get_close_matches(word, self._names.values(), 1)
                raise UnsupportedError(
                    f"{self._model} does not know {word!r}: it has {len(self._names)} names of its own.",
                    hint=f"Did you mean {near[0]!r}?"
                    if near
                    else "Ask a model of an open vocabulary: CLIP, SigLIP, OWLv2.",
                )
            found |= meant
        return found
