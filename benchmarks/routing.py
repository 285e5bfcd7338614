"""What routing costs and what it saves: layers in microseconds, hedged tails, a provider that goes down, many calls at once.

hedge    latencies are drawn from a Pareto distribution of shape 2.1 (Vulimiri et al., "Low latency via redundancy", CoNEXT 2013), median 8 ms;
         one answer in twenty takes ten times as long
breaker  a first provider that goes down (each try hangs until its 50 ms are over) and comes back, a second that takes 5 to 6 ms; 100 calls a
         second, and every window of 300 of them after the second second is held against the second provider's own p99
"""

from __future__ import annotations

import asyncio
import random
import resource
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks.figures import Figures
from benchmarks.spine import FOUND, opened
from visionhub import AsyncHub, DetectCall, Detections, Hub, Settings
from visionhub.capability import Capability, Price, Support
from visionhub.errors import TransportError
from visionhub.flow import Flow, Sleep, arun, run
from visionhub.routers.fallback import Fallback
from visionhub.routers.race import Hedge
from visionhub.tasks import Call
from visionhub.tasks.base import R
from visionhub.testing import FakeProvider

ROUNDS, CALLS = 40, 200
USD = 0.001
PRICED = Capability(
    options=dict.fromkeys(("labels", "min_score", "max_results"), Support.NATIVE),
    price=Price(usd=USD, as_of=date(2026, 11, 1), source="a benchmark"),
)
PLAIN = Settings(cache="off", attempts=1)


class Simulated(FakeProvider):
    """Answers after a time that is drawn anew for each call; fails when its time is up while it is `down`."""

    def __init__(self, name: str, seconds: Callable[[], float]) -> None:
        super().__init__(FOUND, name=name, is_remote=True, capability=PRICED)
        self.draw = seconds
        self.asked = 0
        self.down = False

    def __call__(self, call: Call[R]) -> Flow[R]:
        self.asked += 1
        if self.down:
            yield Sleep(0.05)
            raise TransportError("It hangs.", provider=self.name)
        yield Sleep(self.draw())
        self.calls.clear()
        return (yield from super().__call__(call))


def overhead() -> Figures:
    """All default layers and a route of three providers against the bare one, each side's best round."""
    image = opened()
    three = [FakeProvider(FOUND, name=name, is_remote=True) for name in ("one", "two", "three")]
    hub, ahub, bare = Hub(three), AsyncHub(three), three[0]
    scores = iter(number / 1e9 for number in range(10_000_000))
    best: dict[str, float] = {}

    def note(name: str, started: float) -> None:
        took = (time.perf_counter() - started) / CALLS * 1e6
        best[name] = min(best.get(name, took), took)

    async def rounds() -> None:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for _ in range(CALLS):
                run(bare(DetectCall(image=image, min_score=next(scores))))
            note("bare", started)
            started = time.perf_counter()
            for _ in range(CALLS):
                hub.detect(image, min_score=next(scores))
            note("route", started)
            started = time.perf_counter()
            for _ in range(CALLS):
                await arun(bare(DetectCall(image=image, min_score=next(scores))))
            note("bare async", started)
            started = time.perf_counter()
            for _ in range(CALLS):
                await ahub.detect(image, min_score=next(scores))
            note("route async", started)
            bare.calls.clear()

    asyncio.run(rounds())
    return {
        "layers and route of three (us)": best["route"] - best["bare"],
        "layers and route of three, async (us)": best["route async"] - best["bare async"],
    }


def hedge() -> Figures:
    """p99 and cost of a slow-tailed vendor alone, and hedged by its like."""

    def slow_tailed(seed: int) -> Simulated:
        chance = random.Random(seed)

        def draw() -> float:
            seconds = 0.008 / 2 ** (1 / 2.1) * chance.paretovariate(2.1)
            return seconds * 10 if chance.random() < 0.05 else seconds

        return Simulated(f"vendor {seed}", draw)

    def p99(route: Any, vendors: list[Simulated]) -> tuple[float, float]:
        latencies: list[float] = []

        async def main() -> None:
            hub = AsyncHub(route, settings=PLAIN)
            calls = (DetectCall(image=image) for _ in range(20_000))
            answers = hub.map(calls, concurrency=20, ordered=False)
            latencies.extend(
                [answer.usage.latency_ms or 0.0 async for answer in answers if isinstance(answer, Detections)]
            )

        asyncio.run(main())
        latencies.sort()
        return latencies[int(0.99 * len(latencies))], sum(vendor.asked for vendor in vendors) / len(latencies)

    image = opened()
    alone = [slow_tailed(1)]
    before, _ = p99(alone[0], alone)
    both = [slow_tailed(1), slow_tailed(2)]
    after, asked = p99(Hedge(both, first_delay=0.1), both)
    return {
        "hedge: p99 alone (ms)": before,
        "hedge: p99 hedged (ms)": after,
        "hedge: p99, share of it left": after / before,
        "hedge: cost more (share)": asked - 1,
    }


def breaker() -> Figures:
    """How soon a route answers as quickly as its healthy provider does."""
    chance = random.Random(3)
    first, second = (Simulated(name, lambda: 0.005 + chance.random() / 1000) for name in ("first", "second"))
    image = opened()
    seen: list[tuple[float, float, str]] = []

    async def main() -> None:
        hub = AsyncHub(Fallback([first, second]), settings=PLAIN)
        started = time.perf_counter()

        async def one() -> None:
            began = time.perf_counter()
            answer = await hub.run(DetectCall(image=image))
            seen.append((began - started, time.perf_counter() - began, answer.provider))

        tasks = []
        for number in range(3000):
            first.down = 500 <= number < 1800
            if number < 200:
                # The second one alone, for what is normal.
                first.down = True
            tasks.append(asyncio.create_task(one()))
            await asyncio.sleep(max(0.0, started + (number + 1) / 100 - time.perf_counter()))
        await asyncio.gather(*tasks)

    normal = _alone(second, image)
    asyncio.run(main())
    seen.sort()

    def p99(begin: float, end: float) -> float:
        within = sorted(took for when, took, _ in seen if begin <= when < end)
        return within[int(0.99 * (len(within) - 1))]

    windows = [p99(begin, begin + 3) for begin in (7.0, 10.0, 13.0)]
    back = next((when for when, _, who in seen if when >= 18 and who == "first"), float("nan"))
    return {
        "breaker: normal p99 (ms)": normal * 1000,
        "breaker: p99 in the first 2 s down (ms)": p99(5.0, 7.0) * 1000,
        "breaker: worst p99 of 3 s windows after that, against normal": max(windows) / normal,
        "breaker: first provider answers again after (s)": back - 18,
        "breaker: p99 after that, against normal": p99(back + 2, 30) / normal,
    }


def _alone(provider: Simulated, image: Any) -> float:
    async def main() -> list[float]:
        hub = AsyncHub(provider, settings=PLAIN)
        took = []
        started = time.perf_counter()
        for number in range(500):
            began = time.perf_counter()
            await hub.run(DetectCall(image=image))
            took.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, started + (number + 1) / 100 - time.perf_counter()))
        return took

    took = sorted(asyncio.run(main()))
    return took[int(0.99 * (len(took) - 1))]


def crowd() -> Figures:
    """1,000 calls in flight at a time, ten times over: errors, threads and memory that stay."""
    vendors = [Simulated(name, lambda: 0.05) for name in ("one", "two", "three")]
    image = opened()
    failed = 0

    async def main() -> float:
        nonlocal failed
        hub = AsyncHub(Fallback(vendors), settings=PLAIN)
        await asyncio.gather(*(hub.run(DetectCall(image=image)) for _ in range(1000)))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        started = time.perf_counter()
        for _ in range(10):
            outcomes = await asyncio.gather(
                *(hub.run(DetectCall(image=image)) for _ in range(1000)), return_exceptions=True
            )
            failed += sum(isinstance(outcome, BaseException) for outcome in outcomes)
            # Answers that are kept are not what the calls take.
            del outcomes
        took = time.perf_counter() - started
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        memory.append(grown / 1e6)
        return took / 10

    memory: list[float] = []
    threads = threading.active_count()
    took = asyncio.run(main())
    return {
        "1,000 at once: seconds for all (each takes .05)": took,
        "1,000 at once: failed of 10,000": float(failed),
        "1,000 at once: threads more": float(threading.active_count() - threads),
        "1,000 at once: memory more (MB)": memory[0],
        "1,000 at once: highest resident memory (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measure() -> Figures:
    return {**overhead(), **hedge(), **breaker(), **crowd()}
