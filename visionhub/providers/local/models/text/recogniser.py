"""Which letters a line is made of: PP-OCRv6's recogniser, read as CTC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines import onnx
from visionhub.providers.local.models.text.quad import Pixels, centred

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

HEIGHT: Final = 48
"""Of the network's input; a line is scaled to it."""
COLUMN: Final = 8
"""Pixels of the input that one column of the output stands for."""
WIDTH_STEP: Final = 32
BATCH_COLUMNS: Final = 480
MOST_PADDING: Final = 1.15
"""A batch is padded to its widest line: at most this much wider than its narrowest."""
LATE: Final = 0.35
"""CTC tells a letter a little after its middle; in columns, measured on lines with labelled words."""


class Recogniser(NamedTuple):
    """The network, and what its classes mean: class 0 is CTC's blank, the last one the space."""

    session: InferenceSession
    characters: tuple[str, ...]


class Letter(NamedTuple):
    """`place` is where its middle is, as a fraction of the way along the line."""

    text: str
    score: float
    place: float


def load(path: Path, threads: int | None) -> Recogniser:
    """The characters stand in the file's metadata."""
    session = onnx.session(path, threads)
    alphabet = session.get_modelmeta().custom_metadata_map["character"]
    return Recogniser(session, ("", *alphabet.split("\n"), " "))


def read_strips(recogniser: Recogniser, strips: Sequence[Pixels]) -> list[list[Letter]]:
    """The letters of each strip. A strip is a line of text, level, 48 pixels high, RGB."""
    found: list[list[Letter]] = [[] for _ in strips]
    for batch in _similar_widths([strip.shape[1] for strip in strips]):
        for index, letters in zip(batch, _read(recogniser, [strips[index] for index in batch]), strict=True):
            found[index] = letters
    return found


def _similar_widths(widths: Sequence[int]) -> list[list[int]]:
    """Indices in batches, widest first."""
    batches: list[list[int]] = []
    for index in sorted(range(len(widths)), key=lambda index: widths[index], reverse=True):
        widest = _padded(widths[batches[-1][0]]) if batches else 0
        fits = batches and widest <= MOST_PADDING * _padded(widths[index])
        if fits and (len(batches[-1]) + 1) * widest <= BATCH_COLUMNS * COLUMN:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _padded(width: int) -> int:
    return -(-width // WIDTH_STEP) * WIDTH_STEP


def _read(recogniser: Recogniser, strips: Sequence[Pixels]) -> list[list[Letter]]:
    width = _padded(max(strip.shape[1] for strip in strips))
    inputs = np.zeros((len(strips), 3, HEIGHT, width), np.float32)
    for row, strip in zip(inputs, strips, strict=True):
        row[:, :, : strip.shape[1]] = centred(strip)[0]
    chances = onnx.run(recogniser.session, {"x": inputs})
    classes = chances.argmax(axis=2)
    scores = np.take_along_axis(chances, classes[..., None], axis=2)[..., 0]
    return [
        _spell(recogniser.characters, line, sure, COLUMN / strip.shape[1])
        for line, sure, strip in zip(classes, scores, strips, strict=True)
    ]


def _spell(
    characters: tuple[str, ...], classes: NDArray[np.intp], scores: NDArray[np.float32], column: float
) -> list[Letter]:
    """CTC: a run of equal classes is one letter. `column` is the width of one as a fraction of the line."""
    starts = np.flatnonzero(np.diff(classes, prepend=-1))
    ends: NDArray[Any] = np.append(starts[1:], len(classes))
    return [
        Letter(
            characters[classes[start]],
            float(scores[start:end].max()),
            min(1.0, max(0.0, (start + end) / 2 - LATE) * column),
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if classes[start]
    ]
