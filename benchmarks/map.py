"""`map` over 200 pictures with one core and with all: seconds, and by how many times all are faster.

`grown` is what memory grew by, in megabytes, after the first quarter of the pictures: it must not depend on their number.
"""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import cv2

from benchmarks.figures import Figures
from benchmarks.samples import samples
from visionhub import DetectCall, Hub, Image, VisionError
from visionhub.config import read

PICTURES = 200


def resident() -> float:
    """Megabytes now in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def timed(workers: int, threads: int | None) -> dict[str, float]:
    """Seconds for all pictures, and how much memory grew after the first quarter of them."""
    cv2.setNumThreads(threads or os.cpu_count() or 1)
    local = {} if threads is None else {"threads": threads}
    files = list(samples().values())
    hub = Hub("local", settings=read(cache="off", providers={"local": local}))
    list(hub.map([DetectCall(image=Image(files[0]))] * workers * 2, concurrency=workers))
    started, at_first = time.perf_counter(), 0.0
    calls = (DetectCall(image=Image(files[number % len(files)])) for number in range(PICTURES))
    for number, answer in enumerate(hub.map(calls, concurrency=workers)):
        assert not isinstance(answer, VisionError), answer
        at_first = resident() if number == PICTURES // 4 else at_first
    return {"seconds": time.perf_counter() - started, "grown": resident() - at_first}


def measure() -> Figures:
    one, every = timed(workers=1, threads=1), timed(workers=os.cpu_count() or 1, threads=None)
    return {
        "pictures": PICTURES,
        **{f"one core: {name}": value for name, value in one.items()},
        **{f"all cores: {name}": value for name, value in every.items()},
        "all cores are faster by": one["seconds"] / every["seconds"],
    }
