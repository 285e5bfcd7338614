"""What a local task costs through visionhub against the bare engine on the same file, decoding included on both sides.

With one thread and with two; milliseconds, and how many times the bare engine's the hub's are. Both sides take turns at going
first; each call is held against its neighbour, and the median of these ratios counts: so neither the machine's slow moments nor
its fast ones fall on one side. The bare side opens with Pillow, prepares, runs the engine and reads
its numbers with the same arithmetic, and stops at plain Python values: no hub, no layers, no result types. Both sides run the
same loaded network: two copies of one differ by more than a hub costs, by where they happen to lie in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import PIL.Image
import PIL.ImageOps

from benchmarks.figures import Figures
from benchmarks.samples import sample
from visionhub import Hub, Image
from visionhub.config import read
from visionhub.providers.local.cards import for_task
from visionhub.providers.local.models import Models
from visionhub.providers.local.wire import LocalWire
from visionhub.registry import get
from visionhub.tasks import TASKS

ROUNDS = {"classify": 80, "detect": 50, "faces": 40, "moderate": 80, "ocr": 14}


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
    asked = dict(codec.encode(TASKS[task].model_validate({"image": Image(b"x")})).body)
    return lambda path: model({**asked, "image": Pixels(path)})


def compared(task: str, models: Models, hub: Hub) -> dict[str, float]:
    """Milliseconds a call of both sides, and their ratio."""
    path = sample(task)
    sides: dict[str, Callable[[Path], Any]] = {"bare": bare(task, models), "hub": getattr(hub, task)}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side(path)
    for number in range(ROUNDS[task]):
        for name in ("bare", "hub") if number % 2 else ("hub", "bare"):
            started = time.perf_counter()
            sides[name](path)
            times[name].append((time.perf_counter() - started) * 1000)
    ratios = [through / bare for bare, through in zip(times["bare"], times["hub"], strict=True)]
    return {name: median(each) for name, each in times.items()} | {"ratio": median(ratios)}


def measure() -> Figures:
    figures: Figures = {}
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        settings = read(cache="off", providers={"local": {"threads": threads}})
        provider = get("local").with_options(settings.options("local"))
        assert isinstance(provider.wire, LocalWire)
        with Hub(provider, settings=settings) as hub:
            for task in (task for task in ROUNDS if task in get("local").tasks):
                name = f"{task}, {threads} thread{'s' if threads > 1 else ''}"
                found = compared(task, provider.wire.models, hub)
                figures |= {f"{name}: {figure}": value for figure, value in found.items()}
    return figures
