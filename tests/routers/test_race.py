"""Race and hedge: the first answer counts, whoever lost is cancelled, every cost is told."""

from __future__ import annotations

from datetime import date

import pytest

from tests.routers.conftest import Ask, answering, asked, found, told
from visionhub.capability import Capability, Price, Support
from visionhub.config import Settings
from visionhub.errors import InputError, ProviderError, RefusedError, TimeoutError, VisionError
from visionhub.hub import Hub
from visionhub.routers.race import Hedge, Race
from visionhub.tasks import GenerateCall
from visionhub.testing import FakeProvider

FIRST = Hedge([], first_delay=0.02)
PRICED = Capability(
    options=dict.fromkeys(("labels", "min_score"), Support.NATIVE),
    price=Price(usd=0.001, as_of=date(2026, 11, 1), source="a test"),
)


def test_the_quickest_answers_and_the_other_is_told_with_its_cost(ask: Ask) -> None:
    slow, quick = answering("slow", seconds=5, capability=PRICED), answering("quick", found("dog"), capability=PRICED)
    result = ask(Race([slow, quick]))
    assert (result.provider, told(result)) == ("quick", [("slow", "cancelled"), ("quick", "ok")])
    assert result.attempts[0].cost_usd == 0.001


def test_a_failure_does_not_win(ask: Ask) -> None:
    result = ask(Race([answering("a", ProviderError("503")), answering("b", seconds=0.05)]))
    assert told(result) == [("a", "error"), ("b", "ok")]


def test_all_errors_are_told_when_all_fail(ask: Ask) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(Race([answering("a", ProviderError("503")), answering("b", ProviderError("500"))]))
    assert told(caught.value) == [("a", "error"), ("b", "error")]


def test_the_time_limit_holds_beside_each_other(ask: Ask) -> None:
    with pytest.raises(TimeoutError):
        ask(Race([answering("a", seconds=9), answering("b", seconds=9)]), timeout=0.1)


def test_a_hedge_asks_the_second_only_when_the_first_takes_long(ask: Ask) -> None:
    quick, idle = answering("quick"), answering("idle")
    assert told(ask(FIRST.over([quick, idle]))) == [("quick", "ok")]
    assert idle.calls == []
    result = ask(FIRST.over([answering("slow", seconds=5), answering("second")]))
    assert told(result) == [("slow", "cancelled"), ("second", "ok")]


@pytest.mark.parametrize("error", [RefusedError("no"), InputError("bad")])
def test_what_nobody_else_would_mend_starts_nobody_else(ask: Ask, error: VisionError) -> None:
    second = answering("second")
    with pytest.raises(type(error)):
        ask(FIRST.over([answering("first", error), second]))
    assert second.calls == []


def test_a_hedge_goes_on_at_once_when_the_first_fails(ask: Ask) -> None:
    result = ask(Hedge([answering("a", ProviderError("503")), answering("b")], first_delay=60), timeout=30)
    assert told(result) == [("a", "error"), ("b", "ok")]


def test_a_hedge_learns_what_is_usual() -> None:
    router = Hedge([answering("a", seconds=0.001), answering("b")], least=5)
    hub = Hub(router, settings=Settings(cache="off"))
    assert router.status() == {}
    for _ in range(40):
        hub.run(asked())
    (laid,) = [hub._pipeline.route()]
    wait = next(iter(laid.inner.status().values()))  # type: ignore[attr-defined]  # a layered router
    assert 0.001 <= wait < 1.0


@pytest.mark.parametrize(("generate", "asked_both"), [(False, False), (True, True)])
def test_billed_pictures_are_raced_only_if_asked_for(ask: Ask, generate: bool, asked_both: bool) -> None:
    from visionhub.tasks import Images

    images = Images(images=())
    both = [FakeProvider(images, name=name, is_remote=True, seconds=0.02) for name in "ab"]
    ask(Race(both, generate=generate), GenerateCall(prompt="a lighthouse"))
    assert [len(provider.calls) for provider in both] == [1, int(asked_both)]
