"""Whoever leaves a call in the middle, at whatever step and in whatever way, leaves nothing behind in any layer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from visionhub.capability import Capability, Price, Support
from visionhub.errors import ProviderError, TimeoutError
from visionhub.flow import Compute, Flow, Sleep, run
from visionhub.handler import Handler, stack
from visionhub.layers.breaker import Breaker
from visionhub.layers.budget import Budget
from visionhub.layers.cache import Cache
from visionhub.layers.concurrency import Concurrency
from visionhub.layers.deadline import Deadline, Patience
from visionhub.layers.meter import Meter
from visionhub.layers.ratelimit import RateLimit
from visionhub.layers.retry import Retry
from visionhub.ledger import SqliteLedger
from visionhub.stores import DiskStore
from visionhub.tasks import Call, DetectCall, Detections
from visionhub.tasks.base import R
from visionhub.testing import FakeProvider

PRICED = Capability(
    options=dict.fromkeys(("labels", "min_score"), Support.NATIVE),
    price=Price(usd=0.001, as_of=date(2026, 11, 1), source="a test"),
)
STEPS = 12


class Steps(FakeProvider):
    """Answers after some steps; fails first, if it is told to."""

    def __init__(self, found: Detections, *, fails: bool) -> None:
        super().__init__(found, name="steps", is_remote=True, capability=PRICED)
        self.fails = fails

    def __call__(self, call: Call[R]) -> Flow[R]:
        for _ in range(2):
            yield Sleep(0)
        yield Compute(lambda: None)
        if self.fails:
            self.fails = False
            raise ProviderError("503", retry_after=0)
        return (yield from super().__call__(call))


class Stack:
    """All layers that keep anything."""

    def __init__(self, folder: Path) -> None:
        self.cache = Cache(DiskStore(folder / "answers"))
        self.breaker = Breaker(least=3)
        self.rate = RateLimit(1000)
        self.gate = Concurrency(1)
        self.book = SqliteLedger(folder / "budget.sqlite")
        self.layers = (
            Meter(), Deadline(60), self.cache, Retry(draw=lambda low, high: 0.0), self.breaker, self.rate, self.gate, Patience(30),
            Budget(self.book, daily=1.0),
        )  # fmt: skip

    def around(self, handler: Handler) -> Handler:
        return stack(self.layers, handler)


def closed(flow: Flow[Any]) -> None:
    flow.close()


def cancelled(flow: Flow[Any]) -> None:
    with pytest.raises(KeyboardInterrupt):
        flow.throw(KeyboardInterrupt())


def passed(flow: Flow[Any]) -> None:
    # It may be caught, as by a retry; whatever is wanted then is not done.
    try:
        flow.throw(TimeoutError("over"))
    except (TimeoutError, ProviderError):
        return
    flow.close()


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("leave", [closed, cancelled, passed])
@pytest.mark.parametrize("step", range(STEPS))
def test_nothing_stays(
    tmp_path: Path, call: DetectCall, found: Detections, step: int, leave: Callable[[Flow[Any]], None], fails: bool
) -> None:
    layers = Stack(tmp_path)
    flow = layers.around(Steps(found, fails=fails))(call)
    try:
        effect = next(flow)
        for _ in range(step):
            effect = flow.send(effect.perform())
    except StopIteration:
        # It was answered before that step.
        assert step > 4
    else:
        leave(flow)
    assert layers.gate.status() == {"most": 1, "under_way": 0, "waiting": 0}
    assert layers.cache._asking == {}
    assert layers.breaker.status()["state"].get("detect", "closed") == "closed"
    assert layers.book.spent().today <= 0.0021, "one a try at most"
    answer = run(layers.around(Steps(found, fails=False))(call))
    assert answer.objects == found.objects


def test_every_step_was_tried(tmp_path: Path, call: DetectCall, found: Detections) -> None:
    flow = Stack(tmp_path).around(Steps(found, fails=True))(call)
    count = 0
    try:
        effect = next(flow)
        while True:
            count += 1
            effect = flow.send(effect.perform())
    except StopIteration:
        assert 6 < count <= STEPS + 1, count
