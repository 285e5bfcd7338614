"""How much faster `map` is with all cores than with one, and that its memory does not grow with the number of pictures."""

from __future__ import annotations

import json
import os
import resource
import time

import cv2

from visionhub import DetectCall, Hub, Image, Settings, VisionError
from visionhub.config import read
from visionhub.providers.local.samples import pictures
from visionhub.providers.local.wire import LocalOptions

PICTURES = 200


def resident() -> float:
    """Megabytes now in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def measure(workers: int, threads: int | None) -> dict[str, float]:
    """Seconds for all pictures, and how much memory grew after the first quarter of them."""
    cv2.setNumThreads(threads or os.cpu_count() or 1)
    local = {} if threads is None else {"threads": threads}
    settings = Settings(cache="off", home=read().home, providers={"local": local})
    files = list(pictures(LocalOptions.read(settings.options("local")).store).values())
    hub = Hub("local", settings=settings)
    list(hub.map([DetectCall(image=Image(files[0]))] * workers * 2, concurrency=workers))
    started, at_first = time.perf_counter(), 0.0
    calls = (DetectCall(image=Image(files[number % len(files)])) for number in range(PICTURES))
    for number, answer in enumerate(hub.map(calls, concurrency=workers)):
        assert not isinstance(answer, VisionError), answer
        at_first = resident() if number == PICTURES // 4 else at_first
    return {"seconds": time.perf_counter() - started, "grown_mb": resident() - at_first}


if __name__ == "__main__":
    one = measure(workers=1, threads=1)
    all_cores = measure(workers=os.cpu_count() or 1, threads=None)
    ratio = one["seconds"] / all_cores["seconds"]
    print(json.dumps({"one core": one, "all cores": all_cores, "ratio": ratio}, indent=1))
