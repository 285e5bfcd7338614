"""Cheapest, fastest, weighted, shadow: who is asked first, and who besides."""

from __future__ import annotations

import logging
import random
import time
from datetime import date

import pytest

from tests.routers.conftest import ONCE, Ask, answering, asked, found, told
from visionhub.capability import Capability, Price, Support
from visionhub.errors import ConfigError, ProviderError
from visionhub.hub import Hub
from visionhub.routers.cheapest import Cheapest
from visionhub.routers.fallback import Fallback
from visionhub.routers.fastest import Fastest
from visionhub.routers.race import Hedge, Race
from visionhub.routers.router import Router
from visionhub.routers.shadow import Shadow
from visionhub.routers.vote import Vote
from visionhub.routers.weighted import Weighted
from visionhub.tasks import GenerateCall
from visionhub.testing import FakeProvider


def costing(usd: float | None) -> Capability:
    price = None if usd is None else Price(usd=usd, as_of=date(2026, 11, 1), source="a test")
    return Capability(options=dict.fromkeys(("labels", "min_score"), Support.NATIVE), price=price)


def test_the_cheapest_is_asked_first_and_unknown_prices_last(ask: Ask) -> None:
    dear, unknown, cheap = (
        answering(name, error, capability=costing(usd))
        for name, error, usd in [("dear", None, 0.01), ("unknown", None, None), ("cheap", ProviderError("503"), 0.001)]
    )
    result = ask(Cheapest([unknown, dear, cheap]))
    assert told(result) == [("cheap", "error"), ("dear", "ok")]
    assert unknown.calls == []


def test_the_fastest_is_found_by_measuring() -> None:
    slow, quick = answering("slow", seconds=0.01), answering("quick")
    hub = Hub(Fastest([slow, quick], explore=0.0), settings=ONCE)
    for _ in range(10):
        hub.run(asked())
    assert (len(slow.calls), len(quick.calls)) == (1, 9)


def test_now_and_then_another_is_tried() -> None:
    slow, quick = answering("slow", seconds=0.005), answering("quick")
    hub = Hub(Fastest([slow, quick], explore=0.5, lots=random.Random(1)), settings=ONCE)
    for _ in range(20):
        hub.run(asked())
    assert 4 < len(slow.calls) < 16


def test_one_that_only_fails_is_not_asked_first_for_ever() -> None:
    failing = FakeProvider(ProviderError("503"), name="failing", seconds=0.01)
    quick = answering("quick")
    hub = Hub(Fastest([failing, quick], explore=0.0), settings=ONCE)
    for _ in range(5):
        assert hub.run(asked()).provider == "quick"
    assert len(failing.calls) == 1


def test_each_gets_its_share() -> None:
    nine, one = answering("nine"), answering("one")
    hub = Hub(Weighted([nine, one], (9, 1), random.Random(0)), settings=ONCE)
    for _ in range(200):
        hub.run(asked())
    assert len(nine.calls) + len(one.calls) == 200
    assert 8 <= len(one.calls) <= 32


@pytest.mark.parametrize("weights", [(1,), (1, -1), (0, 0)])
def test_weights_that_fit_nobody(weights: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="weights"):
        Weighted([answering("a"), answering("b")], weights)


def test_the_others_follow_when_the_one_drawn_fails(ask: Ask) -> None:
    result = ask(Weighted([answering("a", ProviderError("503")), answering("b")], (1, 0)))
    assert told(result) == [("a", "error"), ("b", "ok")]


def _wait(router: Router, name: str, calls: int) -> dict[str, float]:
    for _ in range(500):
        if (seen := router.status().get(name)) and seen["calls"] >= calls:
            known: dict[str, float] = seen
            return known
        time.sleep(0.01)
    raise AssertionError(router.status())


def test_a_shadow_is_compared_and_not_returned(caplog: pytest.LogCaptureFixture) -> None:
    candidate = answering("candidate", found("dog"))
    router = Shadow([answering("first"), candidate], share=1.0)
    hub = Hub(router, settings=ONCE)
    laid = hub._pipeline.route().inner  # type: ignore[attr-defined]  # the router in its layers
    with caplog.at_level(logging.INFO, "visionhub"):
        result = hub.run(asked())
        assert told(result) == [("first", "ok")]
        seen = _wait(laid, "candidate", 1)
    assert (seen["agreement"], seen["failures"]) == (0.0, 0)
    (line,) = [record for record in caplog.records if "shadow" in record.message]
    assert line.__dict__["candidate"] == "candidate"
    assert line.__dict__["agreement"] == 0.0


def test_a_shadow_that_fails_or_stalls_harms_nobody() -> None:
    failing = answering("candidate", ProviderError("503"))
    hub = Hub(Shadow([answering("first"), failing], share=1.0), settings=ONCE)
    laid = hub._pipeline.route().inner  # type: ignore[attr-defined]
    assert hub.run(asked()).provider == "first"
    assert _wait(laid, "candidate", 1)["failures"] == 1


def test_no_more_shadows_than_allowed_are_under_way() -> None:
    slow = answering("candidate", seconds=0.3)
    hub = Hub(Shadow([answering("first"), slow], share=1.0, most=2), settings=ONCE)
    for _ in range(10):
        hub.run(asked())
    assert len(slow.calls) <= 2


def test_made_pictures_have_no_shadow(ask: Ask) -> None:
    from visionhub.tasks import Images

    images = Images(images=())
    candidate = FakeProvider(images, name="candidate")
    ask(Shadow([FakeProvider(images, name="first"), candidate], share=1.0), GenerateCall(prompt="x"))
    assert candidate.calls == []


def test_routers_nest(ask: Ask) -> None:
    inner = Cheapest(
        [answering("dear", capability=costing(1.0)), answering("free", ProviderError("503"), capability=costing(0.0))]
    )
    result = ask([answering("first", ProviderError("503")), inner])
    assert told(result) == [("first", "error"), ("free", "error"), ("dear", "ok")]


def test_an_estimate_counts_everybody_who_is_asked() -> None:
    both = [answering("dear", capability=costing(0.01)), answering("cheap", capability=costing(0.001))]
    unknown = answering("unknown", capability=costing(None))
    for router, usd in [
        (Fallback(both), 0.01), (Cheapest(both), 0.001), (Race(both), 0.011), (Hedge(both), 0.01), (Vote(both), 0.011),
        (Vote([*both, unknown]), None), (Cheapest([unknown, Vote(both)]), 0.011), (Shadow(both), 0.01),
    ]:  # fmt: skip
        assert Hub(router, settings=ONCE).estimate(asked()) == (None if usd is None else pytest.approx(usd))
