"""Budget: what was booked is never lost, never passed, and the same for all processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from visionhub.capability import Capability, Price, Support
from visionhub.config import Settings
from visionhub.errors import BudgetError, ConfigError, ProviderError, TimeoutError, TransportError, VisionError
from visionhub.flow import Sleep, run
from visionhub.hub import Hub
from visionhub.layers.budget import Budget
from visionhub.ledger import Booking, Ledger, RedisLedger, SqliteLedger, ledger
from visionhub.tasks import DetectCall, Detections, Usage
from visionhub.testing import FakeProvider


def costing(usd: float | None) -> Capability:
    price = None if usd is None else Price(usd=usd, as_of=date(2026, 11, 1), source="a test")
    return Capability(options=dict.fromkeys(("labels", "min_score"), Support.NATIVE), price=price)


@pytest.fixture(params=["sqlite", "redis"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "sqlite":
        return SqliteLedger(tmp_path / "budget.sqlite")
    import redis

    url = request.getfixturevalue("redis_url")
    redis.Redis.from_url(url).flushall()
    return RedisLedger(url)


def ask(
    budget: Budget, call: DetectCall, found: Detections, usd: float | None = 0.004, error: VisionError | None = None
) -> None:
    provider = FakeProvider(error or found, name="dear", is_remote=True, capability=costing(usd))
    run(budget.handle(call, provider))


def test_a_limit_is_never_passed(book: Ledger, call: DetectCall, found: Detections) -> None:
    budget = Budget(book, daily=0.01)
    ask(budget, call, found)
    ask(budget, call, found)
    with pytest.raises(BudgetError, match=r"0\.01 USD a day") as caught:
        ask(budget, call, found)
    assert (caught.value.elsewhere, caught.value.hint is None) == (True, False)
    assert book.spent().today == pytest.approx(0.008)
    assert book.today() == {"dear detect": pytest.approx(0.008)}


def test_a_month_has_its_own_limit(book: Ledger, call: DetectCall, found: Detections) -> None:
    with pytest.raises(BudgetError, match="a month"):
        ask(Budget(book, daily=1, monthly=0.001), call, found)
    assert book.spent().month == 0


@pytest.mark.parametrize(("error", "booked"), [(ProviderError("503"), 0.0), (TransportError("the line broke"), 0.004)])
def test_what_may_have_been_charged_stays_booked(
    book: Ledger, call: DetectCall, found: Detections, error: VisionError, booked: float
) -> None:
    with pytest.raises(type(error)):
        ask(Budget(book, daily=1), call, found, error=error)
    assert book.spent().today == pytest.approx(booked)


def test_the_real_cost_replaces_the_assumed_one(book: Ledger, call: DetectCall, found: Detections) -> None:
    answer = found.model_copy(update={"usage": Usage(cost_usd=0.0023)})
    ask(Budget(book, daily=1, assumed=0.05), call, answer, usd=None)
    assert book.spent().today == pytest.approx(0.0023)


def test_an_unknown_price_is_not_zero(book: Ledger, call: DetectCall, found: Detections) -> None:
    with pytest.raises(BudgetError, match="Nobody knows") as caught:
        ask(Budget(book, daily=1), call, found, usd=None)
    assert "assumed_usd" in str(caught.value)


def test_one_request_may_be_too_dear(book: Ledger, call: DetectCall, found: Detections) -> None:
    with pytest.raises(BudgetError, match=r"more than the 0\.001 USD"):
        ask(Budget(book, per_call=0.001), call, found)


def test_what_is_free_is_not_booked(book: Ledger, call: DetectCall, found: Detections) -> None:
    ask(Budget(book, daily=0.0), call, found, usd=0.0)
    assert book.today() == {}


def test_a_flow_that_is_cancelled_stays_booked(book: Ledger, call: DetectCall, found: Detections) -> None:
    provider = FakeProvider(found, name="dear", seconds=9, capability=costing(0.004))
    flow = Budget(book, daily=1).handle(call, provider)
    effect = next(flow)
    while not isinstance(effect, Sleep):
        effect = flow.send(effect.perform())
    flow.close()
    assert book.spent().today == pytest.approx(0.004)


def test_threads_cannot_pass_a_limit_together(book: Ledger, call: DetectCall, found: Detections) -> None:
    budget, refused = Budget(book, daily=0.04), []

    def work() -> None:
        for _ in range(5):
            try:
                ask(budget, call, found)
            except BudgetError as error:
                refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), round(book.spent().today, 9)) == (10, 0.04)


SPENDER = """
import sys
from pathlib import Path
from visionhub.ledger import SqliteLedger
book = SqliteLedger(Path(sys.argv[1]))
while True:
    assert book.reserve("dear", "detect", 0.001, None, None)
    sys.stdout.write("1")
    sys.stdout.flush()
"""


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "budget.sqlite"
    told = 0
    for _ in range(2):
        spenders = [
            subprocess.Popen([sys.executable, "-c", SPENDER, str(path)], stdout=subprocess.PIPE) for _ in range(2)
        ]
        for spender in spenders:
            assert spender.stdout
            spender.stdout.read(50)
        for spender in spenders:
            os.kill(spender.pid, signal.SIGKILL)
            assert spender.stdout
            told += 50 + len(spender.stdout.read())
            spender.wait()
            spender.stdout.close()
    booked = round(SqliteLedger(path).spent().today / 0.001)
    # One each may have been booked and not told any more.
    assert told <= booked <= told + 4


def test_a_route_goes_on_with_who_costs_nothing(tmp_path: Path, call: DetectCall, found: Detections) -> None:
    settings = Settings(cache="off", home=tmp_path, budget={"daily_usd": 0.005})  # type: ignore[arg-type]  # as from a file
    dear = FakeProvider(found, name="dear", is_remote=True, capability=costing(0.004))
    hub = Hub([dear, FakeProvider(found, name="free")], settings=settings)
    assert [hub.run(call).provider for _ in range(3)] == ["dear", "free", "free"]
    assert hub.status()["budget"]["today_usd"] == pytest.approx(0.004)


def test_a_ledger_that_cannot_be_kept_sends_nothing(tmp_path: Path, call: DetectCall, found: Detections) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be kept"):
        ask(Budget(ledger(tmp_path / "file" / "budget.sqlite"), daily=1), call, found)
    with pytest.raises(ConfigError, match="Redis does not answer"):
        ask(Budget(ledger("redis://127.0.0.1:1/0"), daily=1), call, found)


@pytest.mark.parametrize("when", ["before it is booked", "when it is booked"])
def test_what_ends_before_anything_is_sent_is_not_booked(
    book: Ledger, call: DetectCall, found: Detections, when: str
) -> None:
    provider = FakeProvider(found, name="dear", capability=costing(0.004))
    flow = Budget(book, daily=1).handle(call, provider)
    effect = next(flow)
    if when == "when it is booked":
        effect.perform()
    with pytest.raises(TimeoutError):
        flow.throw(TimeoutError("The time limit passed."))
    if when == "before it is booked":
        effect.perform()
    assert provider.calls == []
    assert book.spent().today == 0


class Failing(SqliteLedger):
    """Books, but cannot settle."""

    def settle(self, booking: Booking, usd: float) -> None:
        raise ConfigError(f"{booking.provider}: {usd} cannot be written.")


def test_books_that_cannot_be_settled_lose_no_answer(tmp_path: Path, call: DetectCall, found: Detections) -> None:
    budget = Budget(Failing(tmp_path / "budget.sqlite"), daily=1)
    dearer = found.model_copy(update={"usage": Usage(cost_usd=0.006)})
    provider = FakeProvider(dearer, name="dear", is_remote=True, capability=costing(0.004))
    assert run(budget.handle(call, provider)).objects == found.objects
    with pytest.raises(ProviderError):
        ask(budget, call, found, error=ProviderError("503"))
    assert budget.ledger.spent().today == pytest.approx(0.008)


def test_a_file_that_fails_later_says_so_each_time_and_recovers(tmp_path: Path) -> None:
    book, other = SqliteLedger(tmp_path / "budget.sqlite"), sqlite3.connect(tmp_path / "budget.sqlite")
    assert book.reserve("one", "ocr", 1, None, None)
    with closing(other):
        other.execute("ALTER TABLE booked RENAME TO away")
        for _ in range(2):
            with pytest.raises(ConfigError, match="cannot be kept"):
                book.reserve("one", "ocr", 1, 9, None)
        other.execute("ALTER TABLE away RENAME TO booked")
    assert book.reserve("one", "ocr", 1, 9, None)
    assert book.spent().today == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_a_lock_and_a_connection_of_its_own(tmp_path: Path) -> None:
    book = SqliteLedger(tmp_path / "budget.sqlite")
    assert book.reserve("one", "ocr", 1, None, None)
    with book._lock:
        child = os.fork()
        if not child:
            signal.alarm(10)
            os._exit(0 if book.reserve("one", "ocr", 1, None, None) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert book.spent().today == 2
