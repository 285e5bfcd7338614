"""The sample pictures of the local provider, which come from where its weights come from, and which one suits a task."""

from __future__ import annotations

from pathlib import Path

from visionhub.config import read
from visionhub.providers.local.samples import pictures
from visionhub.providers.local.wire import LocalOptions

SUITABLE = {
    "classify": "coffee",
    "detect": "motorcycle",
    "ocr": "page",
    "faces": "astronaut",
    "compare": "astronaut",
    "moderate": "astronaut",
}


def samples() -> dict[str, Path]:
    """All of them, by name."""
    return pictures(LocalOptions.read(read().options("local")).store)


def sample(task: str) -> Path:
    """The picture that the benchmarks ask `task` about."""
    return samples()[SUITABLE[task]]
