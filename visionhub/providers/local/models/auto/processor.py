"""What turns a picture and words into a model's input, as the model's own processor does it; without its part for videos.

That part needs packages of its own (torchvision, num2words), without which `transformers` does not load the rest either.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any, Final

from transformers import (
    AutoProcessor,
    AutoTokenizer,
    BatchFeature,
    Idefics3Processor,
    TrOCRProcessor,
)
from transformers.models.auto.image_processing_auto import AutoImageProcessor
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

from visionhub.providers.local.models.auto.loading import Folder

VIDEO: Final = "video_processor"
# Of pictures, and of the words around them, SmolVLM's makes the very same.
ALIKE: Final[Mapping[str, Any]] = {"SmolVLMProcessor": Idefics3Processor}
PARTS: Final[Mapping[str, Any]] = {"image_processor": AutoImageProcessor, "tokenizer": AutoTokenizer}


def load(folder: Folder) -> Any:
    """A model's processor. Raises `ConfigError`."""
    if folder.config.model_type == "vision-encoder-decoder":
        # A name for any two: their folders often hold an image processor and a tokenizer, and nothing that joins them.
        joined: Any = TrOCRProcessor
        return joined(**{name: folder.part(part) for name, part in PARTS.items()})
    kind: Any = PROCESSOR_MAPPING.get(type(folder.config), None)
    if kind is None or VIDEO not in kind.get_attributes():
        return folder.part(AutoProcessor)
    return folder.part(_Pictures(kind))


def seeing(processor: Any, outline: Mapping[str, Any]) -> Any:
    """The processor, to be called with any picture: it has seen one already, of which it is told the outline."""
    own = copy(processor)
    own.image_processor = _Seen(processor.image_processor, outline)
    return own


class _Seen:
    def __init__(self, processor: Any, outline: Mapping[str, Any]) -> None:
        self._processor = processor
        self._outline = outline

    def __call__(self, *_: Any, **__: Any) -> BatchFeature:
        return BatchFeature(dict(self._outline))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._processor, name)


class _Pictures:
    """An Auto class, as far as a `Folder` asks one, of processors that know no videos."""

    __name__ = "AutoProcessor"

    def __init__(self, kind: Any) -> None:
        self._kind = ALIKE.get(kind.__name__, kind)

    def from_pretrained(self, path: Path, **options: Any) -> Any:
        parts = {name: part.from_pretrained(path, **options) for name, part in PARTS.items()}
        settings, _ = self._kind.get_processor_dict(path, **options)
        taken = inspect.signature(self._kind.__init__).parameters.keys() - parts.keys() - {VIDEO}
        known = {name: value for name, value in settings.items() if name in taken}
        if VIDEO not in self._kind.get_attributes():
            return self._kind(**parts, **known)
        return _without_videos(self._kind)(**parts, **{VIDEO: None}, **known)


def _without_videos(kind: Any) -> Any:
    def check(self: Any, name: str, part: Any) -> Any:
        return None if name == VIDEO else kind.check_argument_for_proper_class(self, name, part)

    return type(kind.__name__, (kind,), {"check_argument_for_proper_class": check})
