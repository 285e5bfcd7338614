"""A vendor that behaves badly, by a schedule: for drills and benchmarks of retries, fallbacks, breakers and budgets.

    weather = Weather(AsyncHub(FakeProvider(results.answer)), [Fault("429", share=0.1, retry_after=1), Fault("truncated", share=0.02)])
    with serve(weather) as url:
        hub = Hub("openai", settings=read(providers={"openai": {"base_url": f"{url}/v1", "api_key": "any"}}))

It speaks every dialect that the gateway speaks (HTTP, not gRPC), and says what went wrong in the words of the vendor who was asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from visionhub.dialect import Incoming
from visionhub.gateway import Gateway, Written, written
from visionhub.hub import AsyncHub
from visionhub.testing.faults import Fault, Kind, told
from visionhub.testing.loopback import Line, serve

__all__ = ["Fault", "Weather", "serve"]

KEPT = 256


class Weather:
    """An application for `serve`: what `hub` answers, with `faults` in between.

    A request suffers at most one fault; where their shares add up to more than 1, those listed first come first. The n-th
    request's fate follows from `seed` and `faults` alone. `latency` draws the seconds that every answer takes besides. Equal
    requests are computed once, and each is billed.

    requests     that came
    answered     with the hub's whole answer, late or not, while the caller still listened
    billed       answers computed, whether or not they arrived: what a vendor would charge for
    injected     faults, by kind
    faults       may be replaced at any time
    """

    def __init__(
        self,
        hub: AsyncHub,
        faults: Iterable[Fault] = (),
        *,
        seed: int = 0,
        price_usd: float = 0.0,
        latency: Callable[[random.Random], float] | None = None,
    ) -> None:
        self.faults = tuple(faults)
        self.price_usd = price_usd
        self.requests = self.answered = self.billed = 0
        self.injected: Counter[Kind] = Counter()
        self._gateway = Gateway(hub)
        self._seed = seed
        # Two, so that the faults stay the same whatever a latency draws.
        self._fates, self._latencies = _chance(seed), _chance(seed)
        self._latency = latency
        self._answers: OrderedDict[bytes, asyncio.Task[Written]] = OrderedDict()

    @property
    def billed_usd(self) -> float:
        """What the answers cost, at `price_usd` each."""
        return self.billed * self.price_usd

    def forecast(self, count: int) -> list[Kind | None]:
        """What will befall the first `count` requests under the present `faults`; None is nothing."""
        draws = _chance(self._seed)
        fates = [self._fate(number, draws.random()) for number in range(count)]
        return [fate.kind if fate else None for fate in fates]

    async def __call__(self, incoming: Incoming, line: Line) -> None:
        """See `Application`."""
        fault = self._fate(self.requests, self._fates.random())
        self.requests += 1
        if fault:
            self.injected[fault.kind] += 1
        if fault is None or fault.is_billed:
            # What has begun is billed, whether or not anybody waits for its end.
            answer = await self._answer(incoming)
            self.billed += answer[0] < 300
            await self._pause()
            self.answered += await _delivered(answer, line, fault)
            return
        await self._pause()
        if fault.kind == "reset":
            line.reset()
        else:
            status, headers, content = told(fault, incoming, self._gateway.provider(incoming))
            line.head(status, headers)
            await line.body(content)

    async def _pause(self) -> None:
        if self._latency:
            await asyncio.sleep(self._latency(self._latencies))

    def _fate(self, number: int, drawn: float) -> Fault | None:
        for fault in self.faults:
            if fault.holds(number):
                drawn -= fault.share
                if drawn < 0:
                    return fault
        return None

    async def _answer(self, incoming: Incoming) -> Written:
        key = _key(incoming)
        if key not in self._answers or self._answers[key].cancelled():
            self._answers[key] = asyncio.create_task(self._computed(incoming))
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        # The others who wait for it keep it when one of them leaves.
        return await asyncio.shield(self._answers[key])

    async def _computed(self, incoming: Incoming) -> Written:
        return written(await self._gateway.answer(incoming))


async def _delivered(answer: Written, line: Line, fault: Fault | None) -> bool:
    """Whether the whole answer was sent to somebody who listened."""
    status, headers, content = answer
    kind = fault.kind if fault else None
    if kind == "reset_after":
        line.reset()
        return False
    if fault and kind == "stall":
        await asyncio.sleep(fault.seconds)
    line.head(status, headers)
    if fault and kind == "stall_body":
        await asyncio.sleep(fault.seconds)
    if kind == "truncated":
        content = content[: len(content) // 2]
    if not line.is_open:
        return False
    await line.body(content)
    if kind == "truncated":
        line.close()
    return kind != "truncated"


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # nothing secret is drawn


def _key(incoming: Incoming) -> bytes:
    asked = (incoming.method, incoming.path, sorted(incoming.query.items()), incoming.headers.get("x-amz-target"))
    return hashlib.sha256(repr(asked).encode() + incoming.content).digest()
