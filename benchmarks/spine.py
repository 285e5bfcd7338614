"""What the spine costs, in microseconds a call: all default layers against the bare handler, on a picture already opened.

Both sides alternate in one run; the best of many short rounds counts, since noise only ever adds. The provider behind them
answers at once.
"""

from __future__ import annotations

import asyncio
import io
import time

import PIL.Image

from benchmarks.figures import Figures
from visionhub import AsyncHub, Box, DetectCall, Detections, Hub, Image
from visionhub.flow import arun, run
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

ROUNDS, CALLS = 40, 200
FOUND = Detections(objects=tuple(Object(name="cat", score=0.9, box=Box(x0=0, y0=0, x1=1, y1=1)) for _ in range(5)))


def opened() -> Image:
    buffer = io.BytesIO()
    PIL.Image.effect_noise((640, 480), 50).convert("RGB").save(buffer, "JPEG")
    image = Image(buffer.getvalue()).load()
    assert image.sha256
    return image


def measure() -> Figures:
    image, provider = opened(), FakeProvider(FOUND)
    hub, ahub = Hub(provider), AsyncHub(provider)
    # Another `min_score` each time: the cache is asked, finds nothing and keeps the answer.
    scores = iter(number / 1e9 for number in range(1_000_000))

    def bare() -> None:
        run(provider(DetectCall(image=image, min_score=next(scores))))

    def through() -> None:
        hub.detect(image, min_score=next(scores))

    async def abare() -> None:
        await arun(provider(DetectCall(image=image, min_score=next(scores))))

    async def athrough() -> None:
        await ahub.detect(image, min_score=next(scores))

    best: dict[str, float] = dict.fromkeys(("bare", "hub", "bare async", "hub async"), float("inf"))

    def note(name: str, started: float) -> None:
        best[name] = min(best[name], (time.perf_counter() - started) / CALLS * 1e6)

    async def rounds() -> None:
        for _ in range(ROUNDS):
            for name, one in (("bare", bare), ("hub", through)):
                started = time.perf_counter()
                for _ in range(CALLS):
                    one()
                note(name, started)
            for name, two in (("bare async", abare), ("hub async", athrough)):
                started = time.perf_counter()
                for _ in range(CALLS):
                    await two()
                note(name, started)
            provider.calls.clear()

    asyncio.run(rounds())
    return {
        **best,
        "spine": best["hub"] - best["bare"],
        "spine async": best["hub async"] - best["bare async"],
    }
