"""Whatever a layer holds for a call, a count, a turn, a token, a booking or a promise, is right again however the call ends."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.layers.conftest import picture
from visionhub.capability import Capability, Price, Support
from visionhub.errors import ProviderError, RateLimitError, TimeoutError, TransportError, VisionError
from visionhub.flow import Compute, Flow, Send, Wait
from visionhub.handler import Handler, stack
from visionhub.image import Image, Limits
from visionhub.layers.admit import Admit
from visionhub.layers.breaker import Breaker
from visionhub.layers.budget import Budget
from visionhub.layers.cache import Cache
from visionhub.layers.concurrency import Concurrency
from visionhub.layers.deadline import Deadline, Patience
from visionhub.layers.fit import Fit
from visionhub.layers.meter import Meter
from visionhub.layers.open import Open
from visionhub.layers.privacy import Privacy
from visionhub.layers.ratelimit import RateLimit
from visionhub.layers.retry import Retry
from visionhub.layers.trace import Trace
from visionhub.ledger import SqliteLedger
from visionhub.stores import MemoryStore
from visionhub.tasks import Attempt, Call, DetectCall, Detections, Usage
from visionhub.tasks.base import R
from visionhub.testing import FakeProvider, ScriptedWire
from visionhub.wire import Request

USD = 0.004
FOUND = Detections(objects=(), usage=Usage(cost_usd=0.003))
ENDINGS: list[type[BaseException]] = [
    GeneratorExit,
    TimeoutError,
    ProviderError,
    RateLimitError,
    TransportError,
    ZeroDivisionError,
]


class SlowStore(MemoryStore):
    is_slow = True


class Sending(FakeProvider):
    """Sends, as a provider does, and says what came of it."""

    def __call__(self, call: Call[R]) -> Flow[R]:
        self.calls.append(call)
        try:
            yield Send(ScriptedWire(), Request("look"))
        except VisionError as error:
            error.attempts = (Attempt(provider=self.name, outcome="error", latency_ms=0, cost_usd=0.0),)
            raise
        return self._answers["detect"]  # type: ignore[return-value]  # it is asked nothing else


class Stack:
    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger, self.before = ledger, ledger.spent().today
        self.cache, self.retry, self.breaker = (
            Cache(SlowStore()),
            Retry(3, draw=lambda low, high: 0.001),
            Breaker(least=99),
        )
        self.rate, self.concurrency, self.meter = RateLimit(2.0), Concurrency(1), Meter()
        price = Price(usd=USD, as_of=date(2026, 11, 1), source="a test")
        known = Capability(options={"labels": Support.NATIVE}, price=price, media_types=("image/jpeg",))
        self.provider = Sending(FOUND, is_remote=True, capability=known)
        layers = (
            Trace(), Deadline(60), Open(Limits()), self.meter, Admit(), self.cache, self.retry, self.breaker, Privacy(), Fit(),
            self.rate, self.concurrency, Patience(30), Budget(self.ledger, daily=9),
        )  # fmt: skip
        self.handler: Handler = stack(layers, self.provider)

    def is_at_rest(self) -> None:
        """Nobody is inside, nobody waits, and what is asked next is answered."""
        assert self.cache._asking == {}
        assert self.concurrency.status() == {"most": 1, "under_way": 0, "waiting": 0}
        assert self.breaker.status()["state"] in ({}, {"detect": "closed"})


DATA = picture(9, 9).data


def asked() -> DetectCall:
    return DetectCall(image=Image(DATA))


def stepped(flow: Flow[Any], until: int, ending: type[BaseException] | None = None, effect: Any = None) -> list[str]:
    """Plays a flow whose waits take no time; at effect number `until` it ends so. The effects, by name."""
    seen: list[str] = []
    effect = effect or next(flow)
    try:
        while True:
            seen.append(type(effect).__name__)
            if len(seen) == until and ending is GeneratorExit:
                flow.close()
                return seen
            if len(seen) == until and ending is not None:
                effect = flow.throw(ending("ended"))
            elif isinstance(effect, Compute):
                effect = flow.send(effect.perform())
            else:
                effect = flow.send(None)
    except (StopIteration, VisionError, ZeroDivisionError):
        return seen


STEPS = 20


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("crowded", [False, True])
def test_all_is_right_again_wherever_a_call_ends(tmp_path: Path, ending: type[BaseException], crowded: bool) -> None:
    book = SqliteLedger(tmp_path / "budget.sqlite")
    longest = 0
    for number in range(1, STEPS):
        made = Stack(book)
        if crowded:
            # Another one is inside, and the bucket is empty.
            assert made.concurrency._gate.enter() is None
            made.rate._bucket.reserve()
            made.rate._bucket.reserve()
        seen = stepped(made.handler(asked()), number, ending)
        longest = max(longest, len(seen))
        if crowded:
            made.concurrency._gate.leave()
        made.is_at_rest()
        sent = seen.count("Send")
        spent = book.spent().today - made.before
        assert spent <= sent * USD + 1e-9, (number, seen)
        assert sent or spent == pytest.approx(0.0), (number, seen)
        again = stepped(made.handler(asked()), 99)
        assert again[-1] == "Compute", again
        made.is_at_rest()
    assert longest < STEPS


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_waits_goes_on_wherever_the_first_ends(tmp_path: Path, ending: type[BaseException]) -> None:
    book = SqliteLedger(tmp_path / "budget.sqlite")
    for number in range(1, STEPS):
        made, call = Stack(book), asked()
        first, second = made.handler(call), made.handler(call)
        began = stepped_to(first, Send)
        waiting = stepped_to(second, Wait)
        stepped(first, number, ending, began)
        assert waiting.future.done()
        try:
            told = second.send(waiting.future.result())
        except (StopIteration, VisionError):
            continue
        assert stepped(second, 99, None, told)[-1] == "Compute"
        made.is_at_rest()


def stepped_to(flow: Flow[Any], kind: type[Any]) -> Any:
    effect = next(flow)
    while not isinstance(effect, kind):
        effect = flow.send(effect.perform() if isinstance(effect, Compute) else None)
    return effect
