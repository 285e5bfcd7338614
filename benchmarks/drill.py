"""A drill in bad weather: 10,000 calls by each strategy, half in threads and half in tasks, over two vendors that fail, 30 % and 10 % of the time, and one that does not.

The vendors run in a process of their own and speak Clarifai's dialect, of which only one picture a request is used here; a call may take 2 s. Of each strategy and driver:
calls that were lost or answered twice, the longest, and what was booked against what the vendors charged, in USD. The faults are of
kinds that leave no doubt on either side whether a call is charged; `lies and resets` has the others, where what is booked may be more.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures
from visionhub import AsyncHub, DetectCall, Hub, Image, Settings, VisionError, registry
from visionhub.config import read
from visionhub.ledger import SqliteLedger
from visionhub.routers.cascade import Accept, Cascade
from visionhub.routers.cheapest import Cheapest
from visionhub.routers.fallback import Fallback
from visionhub.routers.fastest import Fastest
from visionhub.routers.race import Hedge, Race
from visionhub.routers.router import Router
from visionhub.routers.shadow import Shadow
from visionhub.routers.vote import Vote
from visionhub.routers.weighted import Weighted
from visionhub.testing import FakeProvider, pictures, results
from visionhub.testing.weather import Fault, Weather, serve

# Half of them by threads, half by asyncio.
CALLS = int(os.environ.get("DRILL_CALLS", "10000")) // 2
TIMEOUT, PATIENCE = 2.0, 0.5
USD = 0.001
FIRST = [
    Fault("429", 0.06, retry_after=0.02), Fault("500", 0.04), Fault("503", 0.06), Fault("expired", 0.02),
    Fault("reset_after", 0.05), Fault("truncated", 0.04), Fault("stall_body", 0.03, seconds=3.0),
]  # fmt: skip
SECOND = [Fault("503", 0.04), Fault("reset_after", 0.03), Fault("truncated", 0.03)]
DOUBTFUL = [Fault("reset", 0.1), Fault("lie_html", 0.1), Fault("lie_shape", 0.1)]


def vendors(pipe: Connection) -> None:
    """In a process of its own: two vendors. Told faults it starts anew; told nothing it says what was charged."""
    answering = AsyncHub(FakeProvider(results.answer), settings=Settings(cache="off"))
    first, second = (Weather(answering, price_usd=USD, latency=latency) for _ in range(2))
    with serve(first) as one, serve(second) as two:
        pipe.send((one, two))
        while (told := pipe.recv()) != "stop":
            if told == "charged":
                pipe.send((first.billed_usd + second.billed_usd, first.requests, second.requests))
            else:
                first.faults, second.faults = told
                first.billed = second.billed = first.requests = second.requests = 0
                pipe.send("ready")


def latency(chance: random.Random) -> float:
    return chance.uniform(0.001, 0.004)


class Town:
    """The vendors, as seen from here."""

    def __init__(self, pipe: Connection, home: Path) -> None:
        self.pipe, self.home = pipe, home
        one, two = pipe.recv()
        clarifai = registry.get("clarifai")
        self.handlers = [
            replace(clarifai, name=name)
            .with_options({"home": home, "pat": "any", "base_url": url})
            .with_prices({"detect": USD})
            for name, url in (("first", one), ("second", two))
        ]

        for handler in self.handlers:
            known = handler.capability("detect")
            assert known
            handler.__dict__["_capabilities"] = {"detect": known.model_copy(update={"batch": 1})}

    def begin(self, faults: tuple[Sequence[Fault], Sequence[Fault]]) -> None:
        self.pipe.send(((), ()))
        assert self.pipe.recv() == "ready"
        with Hub(settings=Settings(cache="off")) as hub:
            # What is computed first takes longest, and is not what is measured.
            for handler in self.handlers:
                hub.detect(IMAGE, max_results=1, provider=handler)
        self.pipe.send(faults)
        assert self.pipe.recv() == "ready"
        for file in self.home.glob("budget.sqlite*"):
            file.unlink()

    def charged(self) -> float:
        self.pipe.send("charged")
        return float(self.pipe.recv()[0])

    def settings(self) -> Settings:
        limits = {"timeout": PATIENCE}
        return read(
            cache="off", attempts=2, home=self.home, budget={"daily_usd": 1e6},
            providers={handler.name: limits for handler in self.handlers},
        )  # fmt: skip


@contextmanager
def town() -> Iterator[Town]:
    with tempfile.TemporaryDirectory() as home:
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=vendors, args=(theirs,), daemon=True)
        process.start()
        try:
            yield Town(ours, Path(home))
        finally:
            ours.send("stop")
            process.join(10)


def routes(two: list[Any]) -> dict[str, Router]:
    """Each strategy over the two that fail; the one that does not comes last."""
    near = FakeProvider(results.answer, name="near")
    inner: dict[str, Router] = {
        "fallback": Fallback(two), "cascade": Cascade(two, Accept(min_score=0.6)), "race": Race(two),
        "hedge": Hedge(two, first_delay=0.02), "vote": Vote(two), "cheapest": Cheapest(two), "fastest": Fastest(two),
        "weighted": Weighted(two, (2, 1)), "shadow": Shadow(two, share=0.2),
    }  # fmt: skip
    return {name: Fallback([router, near]) for name, router in inner.items()}


# Small: it is not the line that is measured.
IMAGE = Image(pictures.encoded(pictures.scene().resize((64, 48)), "JPEG"))


def calls() -> Iterator[DetectCall]:
    """All equal: the vendor computes its answer once, and there is no cache here to answer them."""
    return (DetectCall(image=IMAGE) for _ in range(CALLS))


def in_threads(route: Router, settings: Settings) -> list[Any]:
    with Hub(route, settings=settings) as hub:
        answers = list(hub.map(calls(), timeout=TIMEOUT, concurrency=24, ordered=False))
        _settled()
        return answers


def in_tasks(route: Router, settings: Settings) -> list[Any]:
    async def main() -> list[Any]:
        async with AsyncHub(route, settings=settings) as hub:
            answers = [answer async for answer in hub.map(calls(), timeout=TIMEOUT, concurrency=32, ordered=False)]
            await asyncio.sleep(1)
            return answers

    return asyncio.run(main())


def _settled() -> None:
    """Waits for those that nobody waits for: losers of a race, shadows."""
    for _ in range(100):
        if not any(thread.name == "visionhub" for thread in threading.enumerate()):
            return
        time.sleep(0.05)


def drilled(there: Town, name: str, route: Router, manner: Any, faults: Any) -> Figures:
    there.begin(faults)
    for handler in there.handlers:
        handler.close()
    before, started = threading.active_count(), time.perf_counter()
    answers = manner(route, there.settings())
    took = time.perf_counter() - started
    time.sleep(0.5)
    lost = sum(isinstance(answer, VisionError) for answer in answers) + CALLS - len(answers)
    longest = max((answer.usage.latency_ms or 0.0) / 1000 for answer in answers if not isinstance(answer, VisionError))
    booked = SqliteLedger(there.home / "budget.sqlite").spent().today
    return {
        f"{name}: calls a second": CALLS / took,
        f"{name}: lost": float(lost),
        f"{name}: longest (s)": longest,
        f"{name}: booked (USD)": booked,
        f"{name}: charged (USD)": there.charged(),
        f"{name}: threads more": float(threading.active_count() - before),
    }


def killed(there: Town) -> Figures:
    """Killed in the middle, five times: what was charged and is not booked."""
    missing = 0.0
    for _ in range(5):
        there.begin((FIRST, SECOND))
        process = multiprocessing.get_context("fork").Process(
            target=in_threads, args=(routes(there.handlers)["fallback"], there.settings())
        )
        process.start()
        time.sleep(1.5)
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        time.sleep(0.5)
        booked = SqliteLedger(there.home / "budget.sqlite").spent().today
        missing = max(missing, there.charged() - booked)
    return {"killed: charged and not booked (USD)": missing}


def measure() -> Figures:
    figures: Figures = {"calls a strategy": 2.0 * CALLS}
    with town() as there:
        for name, route in routes(there.handlers).items():
            for word, manner in (("threads", in_threads), ("asyncio", in_tasks)):
                figures |= drilled(there, f"{name}, {word}", route, manner, (FIRST, SECOND))
        doubtful = drilled(
            there, "lies and resets, asyncio", routes(there.handlers)["fallback"], in_tasks, (DOUBTFUL, SECOND)
        )
        figures |= doubtful
        figures |= killed(there)
    return figures
