"""Text by a model that reads pictures of one line (TrOCR): the bundled detector finds the lines of an upright page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import PIL.Image

from visionhub.errors import ConfigError
from visionhub.image import Image
from visionhub.providers.local.cards import for_task
from visionhub.providers.local.engines.torch.engine import Answer
from visionhub.providers.local.models.auto.asking import untold
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.speaker import Said, Shown, Speaker
from visionhub.providers.local.models.text.layout import arrange
from visionhub.providers.local.models.text.line import Line
from visionhub.providers.local.models.text.quad import Pixels, Quad, cut_quad, quad_size

LONGEST: Final = 128
AT_ONCE: Final = 32
"""Lines in a batch."""
LINE_SHAPED: Final = 2.5


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a picture, not yet read, and where they stand in it."""

    lines: Sequence[Shown]
    quads: Sequence[Quad]


class LineReader:
    """Lines where they stand, in reading order."""

    def __init__(self, speaker: Speaker, folder: Folder) -> None:
        if folder.bundled is None:
            raise ConfigError(f"{speaker.name} reads single lines, and nothing finds them here.")
        self._speaker = speaker
        self._bundled = folder.bundled(for_task("ocr").name)
        self.modules = [speaker.model]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Page]:
        """See `Task`. A picture in which no line is found is read as one, if it is shaped like one."""
        if body["language"]:
            raise untold(self._speaker.name)
        picture = body["image"].array()
        quads = self._bundled.find(picture) or _whole(picture)
        strips = [Image(PIL.Image.fromarray(cut_quad(picture, quad, round(quad_size(quad)[1])))) for quad in quads]
        shown = [self._speaker.shown(strip, "", body["longest"], LONGEST, body["is_wanted"]) for strip in strips]
        return body["longest"], Page([line for _, line in shown], quads)

    def answer(self, questions: Sequence[Page]) -> Sequence[Answer]:
        """See `Task`."""
        lines = [line for page in questions for line in page.lines]
        batches = [lines[start : start + AT_ONCE] for start in range(0, len(lines), AT_ONCE)]
        said = iter([said for batch in batches for said in self._speaker.say(batch)])
        return [_answer(page.quads, [next(said) for _ in page.lines]) for page in questions]


def _answer(quads: Sequence[Quad], said: Sequence[Said]) -> Answer:
    read = [Line(one.text, 0.0, quad, ()) for one, quad in zip(said, quads, strict=True) if one.text]
    rows = [
        {"text": line.text, "score": None, "polygon": line.quad.tolist(), "block": number, "words": []}
        for number, block in enumerate(arrange(read))
        for line in block
    ]
    warnings = next((one.warnings for one in said if one.is_cut), [])
    return {"lines": rows, "warnings": warnings}


def _whole(picture: Pixels) -> list[Quad]:
    height, width = picture.shape[:2]
    if width < LINE_SHAPED * height:
        return []
    return [np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)]
