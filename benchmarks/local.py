"""What a local task costs through visionhub against the bare engine on the same files, decoding included on both sides.

    python benchmarks/local.py [threads]

Both sides alternate; the medians of many calls are compared. The bare side opens with Pillow, prepares, runs the engine and reads
its numbers with the same arithmetic, and stops at plain Python values: no hub, no layers, no result types.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import PIL.Image
import PIL.ImageOps

from visionhub import ClassifyCall, DetectCall, FacesCall, Hub, ModerateCall, OcrCall, Settings
from visionhub.config import read
from visionhub.image import Image
from visionhub.providers.local.cards import for_task
from visionhub.providers.local.models import Models
from visionhub.providers.local.samples import pictures
from visionhub.providers.local.wire import LocalOptions
from visionhub.registry import get
from visionhub.tasks import Call

ROUNDS = {"classify": 40, "detect": 30, "faces": 20, "moderate": 40, "ocr": 8}
CALLS: dict[str, type[Call[Any]]] = {
    "classify": ClassifyCall,
    "detect": DetectCall,
    "faces": FacesCall,
    "moderate": ModerateCall,
    "ocr": OcrCall,
}
FILES = {"classify": "coffee", "detect": "motorcycle", "faces": "astronaut", "moderate": "astronaut", "ocr": "page"}


class Pixels:
    """A picture as the bare side has it: Pillow's, and nothing around it."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._pixels = PIL.ImageOps.exif_transpose(PIL.Image.open(path)).convert("RGB")
        self.width, self.height = self._pixels.size

    def rgb(self) -> PIL.Image.Image:
        return self._pixels

    def array(self) -> Any:
        import numpy as np

        return np.asarray(self._pixels)


def bare(task: str, models: Models) -> Callable[[Path], Mapping[str, Any]]:
    """The engine with its own pre- and postprocessing."""
    model = models.get(for_task(task).name)
    codec = get("local").codec(task)
    assert codec is not None
    # Whatever the task asks of the model by default, without the picture.
    asked = dict(codec.encode(CALLS[task](image=Image(b"x"))).body)
    return lambda path: model({**asked, "image": Pixels(path)})


def compare(threads: int) -> dict[str, dict[str, float]]:
    """Per task: medians in milliseconds, and their ratio."""
    cv2.setNumThreads(threads)
    settings = Settings(cache="off", home=read().home, providers={"local": {"threads": threads}})
    options = LocalOptions.read(settings.options("local"))
    files, models, hub = pictures(options.store), Models(options.store, threads), Hub("local", settings=settings)
    found = {}
    for task, rounds in ROUNDS.items():
        if task not in get("local").tasks:
            continue
        path, engine = files[FILES[task]], bare(task, models)
        sides: dict[str, Callable[[Path], Any]] = {"bare": engine, "hub": getattr(hub, task)}
        times: dict[str, list[float]] = {name: [] for name in sides}
        for name, side in sides.items():
            side(path)
        for _ in range(rounds):
            for name, side in sides.items():
                started = time.perf_counter()
                side(path)
                times[name].append((time.perf_counter() - started) * 1000)
        medians = {name: statistics.median(each) for name, each in times.items()}
        found[task] = {**medians, "ratio": medians["hub"] / medians["bare"]}
    return found


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(json.dumps({"threads": count, **compare(count)}, indent=1))
