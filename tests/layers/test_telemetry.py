"""Spans and metrics: nested rightly however flows run, true to the answers, and silent about what was asked."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from visionhub import AsyncHub, Hub, ProviderError, Settings
from visionhub.capability import Capability
from visionhub.errors import ConfigError, InputError, TransportError, VisionError
from visionhub.flow import Flow, Sleep, arun, run
from visionhub.handler import Handler, Layered, stack
from visionhub.image import Image
from visionhub.layers.cache import Cache
from visionhub.layers.retry import Retry
from visionhub.layers.telemetry import Telemetry
from visionhub.layers.trace import Trace
from visionhub.routers.fallback import Fallback
from visionhub.routers.race import Race
from visionhub.routers.shadow import Shadow
from visionhub.stores import MemoryStore
from visionhub.tasks import Call, CaptionCall, OcrCall
from visionhub.testing import FakeProvider, pictures, results
from visionhub.together import together

IMAGE = Image(pictures.encoded(pictures.scene()), name="marker-picture.png")
CALL = OcrCall(image=IMAGE, model="reader-2")


class Seen:
    """A telemetry, and all that it exported."""

    def __init__(self) -> None:
        self._spans, self._metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers, self.meters = TracerProvider(), MeterProvider([self._metrics])
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.layer = Telemetry(self.tracers, self.meters)

    def around(self, *providers: Handler, retry: int = 1) -> Handler:
        """The providers in their layers: the next when one fails."""
        tries = Retry(retry, draw=lambda _low, _high: 0.0)
        dressed = [stack((tries, self.layer.attempted), provider) for provider in providers]
        return stack((self.layer, Trace()), dressed[0] if len(dressed) == 1 else Fallback(dressed))

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def tree(self) -> dict[str, list[str]]:
        """The names of the spans within each, in order; "" holds those in none."""
        names = {span.context.span_id: span.name for span in self.spans if span.context}
        found: dict[str, list[str]] = {}
        for span in sorted(self.spans, key=lambda span: span.start_time or 0):
            found.setdefault(names[span.parent.span_id] if span.parent else "", []).append(span.name)
        return found

    def facts(self, name: str) -> list[Mapping[str, Any]]:
        return [dict(span.attributes or {}) for span in self.spans if span.name == name]

    def metric(self, name: str) -> dict[tuple[tuple[str, Any], ...], float]:
        """Its sums (of a histogram: its counts) by attributes."""
        told: dict[tuple[tuple[str, Any], ...], float] = {}
        data = self._metrics.get_metrics_data()
        assert data
        for metric in (
            one for group in data.resource_metrics for scope in group.scope_metrics for one in scope.metrics
        ):
            if metric.name == name:
                for point in metric.data.data_points:
                    facts = tuple(sorted((point.attributes or {}).items()))
                    told[facts] = float(getattr(point, "count" if hasattr(point, "count") else "value"))
        return told

    def everything(self) -> str:
        data = self._metrics.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans), data.to_json() if data else ""])


@pytest.fixture
def seen() -> Seen:
    return Seen()


def answering(name: str, cost: float | None = None, **options: Any) -> FakeProvider:
    def answer(call: Call[Any]) -> Any:
        made = results.answer(call)
        return made.model_copy(
            update={"usage": made.usage.model_copy(update={"cost_usd": cost}), "model": "reader-2.1"}
        )

    return FakeProvider(answer, name=name, **options)


def failing(name: str, error: type[VisionError] = ProviderError) -> FakeProvider:
    return FakeProvider(error("marker-message"), name=name)


def test_a_call_and_its_attempts(seen: Seen) -> None:
    run(seen.around(failing("one"), answering("two", 0.25, is_remote=True), retry=2)(CALL))
    assert seen.tree() == {"": ["ocr one|two"], "ocr one|two": ["attempt one", "attempt one", "attempt two"]}
    (call,) = seen.facts("ocr one|two")
    request_id = call.pop("visionhub.request_id")  # type: ignore[attr-defined]  # a dict
    assert len(request_id) == 32
    # What the attempts that failed cost is not known, and neither is the sum.
    assert call == {
        "visionhub.task": "ocr", "visionhub.route": "one|two", "visionhub.outcome": "ok", "visionhub.cached": False,
        "visionhub.attempts": 3, "gen_ai.provider.name": "two", "gen_ai.response.model": "reader-2.1",
    }  # fmt: skip
    first, _ = seen.facts("attempt one")
    assert first == {
        "gen_ai.operation.name": "ocr", "gen_ai.provider.name": "one", "gen_ai.request.model": "reader-2",
        "visionhub.outcome": "error", "error.type": "ProviderError",
    }  # fmt: skip
    (last,) = seen.facts("attempt two")
    assert last["visionhub.cost_usd"] == 0.25
    kinds = {span.name: (span.kind, span.status.status_code) for span in seen.spans}
    assert kinds["attempt one"] == (SpanKind.INTERNAL, StatusCode.ERROR)
    assert kinds["attempt two"] == (SpanKind.CLIENT, StatusCode.UNSET)


def test_metrics_are_true_to_the_attempts(seen: Seen) -> None:
    handler = seen.around(failing("one"), answering("two", 0.25), retry=2)
    for _ in range(3):
        run(handler(CALL))
    with pytest.raises(InputError):
        run(seen.around(failing("three", InputError))(CALL))
    tasks = ("visionhub.task", "ocr")
    failed, input_error = ("error.type", "ProviderError"), ("error.type", "InputError")
    assert seen.metric("visionhub.attempts") == {
        (failed, ("gen_ai.provider.name", "one"), ("visionhub.outcome", "error"), tasks): 6,
        (("gen_ai.provider.name", "two"), ("visionhub.outcome", "ok"), tasks): 3,
        (input_error, ("gen_ai.provider.name", "three"), ("visionhub.outcome", "error"), tasks): 1,
    }
    assert seen.metric("visionhub.cost") == {(("gen_ai.provider.name", "two"), tasks): 0.75}
    assert sum(seen.metric("gen_ai.client.operation.duration").values()) == 10
    assert seen.metric("visionhub.call.duration") == {
        (("visionhub.outcome", "ok"), ("visionhub.route", "one|two"), tasks): 3,
        (input_error, ("visionhub.outcome", "error"), ("visionhub.route", "three"), tasks): 1,
    }


def test_what_the_cache_answers_asks_nobody(seen: Seen) -> None:
    inner = stack((Cache(MemoryStore()), seen.layer.attempted), answering("fake", 0.5))
    handler = Layered(seen.layer, Layered(Trace(), inner))
    for _ in range(2):
        run(handler(CALL))
    assert seen.tree() == {"": ["ocr fake", "ocr fake"], "ocr fake": ["attempt fake"]}
    assert [call["visionhub.outcome"] for call in seen.facts("ocr fake")] == ["ok", "cached"]
    assert [call["visionhub.cached"] for call in seen.facts("ocr fake")] == [False, True]
    counted = {dict(key)["visionhub.outcome"]: count for key, count in seen.metric("visionhub.attempts").items()}
    assert counted == {"ok": 1, "cached": 1}
    assert sum(seen.metric("visionhub.cost").values()) == 0.5


class Peeking(FakeProvider):
    """Keeps which span was current before and after it waited."""

    def __init__(self, name: str) -> None:
        super().__init__(results.answer, name=name)
        self.currents: list[Any] = []

    def __call__(self, call: Call[Any]) -> Flow[Any]:
        self.currents.append(get_current_span())
        yield Sleep(0.0)
        self.currents.append(get_current_span())
        return (yield from super().__call__(call))


def test_interleaved_calls_do_not_mix(seen: Seen) -> None:
    providers = [Peeking(name) for name in ("one", "two", "three")]
    with seen.tracers.get_tracer("application").start_as_current_span("request") as request:
        run(together([seen.around(provider)(CALL) for provider in providers]))
        assert get_current_span() is request
    for provider in providers:
        inside = {span.name for span in provider.currents}
        assert inside == {f"attempt {provider.name}"}
        assert seen.tree()[f"ocr {provider.name}"] == [f"attempt {provider.name}"]
    assert seen.tree()["request"] == ["ocr one", "ocr two", "ocr three"]


def test_nothing_is_current_while_a_call_waits(seen: Seen) -> None:
    flow = seen.around(Peeking("one"))(CALL)
    next(flow)
    assert not get_current_span().get_span_context().is_valid
    flow.close()
    assert seen.facts("ocr one")[0]["visionhub.outcome"] == "cancelled"
    assert seen.facts("attempt one")[0]["visionhub.outcome"] == "cancelled"


def test_threads_and_tasks_do_not_mix(seen: Seen) -> None:
    handlers = [seen.around(Peeking(f"p{number}")) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda handler: run(handler(CALL)), handlers))

    async def ask() -> None:
        await asyncio.gather(*(arun(handler(CALL)) for handler in handlers))

    asyncio.run(ask())
    tree = seen.tree()
    assert len(tree.pop("")) == 16
    assert tree == {f"ocr p{number}": [f"attempt p{number}"] * 2 for number in range(8)}


@pytest.mark.parametrize("is_async", [False, True])
def test_who_runs_beside_is_in_the_same_call(seen: Seen, is_async: bool) -> None:
    slow = answering("slow", seconds=0.05)
    racers = [Layered(seen.layer.attempted, slow), Layered(seen.layer.attempted, answering("fast"))]
    handler = Layered(seen.layer, Race(racers))
    asyncio.run(arun(handler(CALL))) if is_async else run(handler(CALL))
    for _ in range(100):
        if len(seen.spans) == 3:
            break
        asyncio.run(asyncio.sleep(0.01))
    assert seen.tree() == {"": ["ocr slow|fast"], "ocr slow|fast": ["attempt slow", "attempt fast"]}
    assert seen.facts("attempt slow")[0]["visionhub.outcome"] == "cancelled"


def test_a_shadow_is_seen(seen: Seen) -> None:
    candidate = Layered(seen.layer.attempted, answering("candidate", 0.125))
    handler = Layered(seen.layer, Shadow([Layered(seen.layer.attempted, answering("first")), candidate], share=1.0))

    async def ask() -> None:
        await arun(handler(CALL))
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    asyncio.run(ask())
    assert seen.tree() == {"": ["ocr first"], "ocr first": ["attempt first", "attempt candidate"]}
    assert sum(seen.metric("visionhub.cost").values()) == 0.125


class Priced(Capability):
    def cost(self, call: Call[Any], units: int | None = None) -> float | None:
        return 0.0625


def test_a_cancelled_attempt_costs_its_price(seen: Seen) -> None:
    flow = Layered(seen.layer.attempted, answering("one", capability=Priced(), seconds=1.0))(CALL)
    next(flow)
    flow.close()
    assert sum(seen.metric("visionhub.cost").values()) == 0.0625


def test_an_error_that_is_none_of_ours_is_told_by_its_class(seen: Seen) -> None:
    def broken(call: Call[Any]) -> Any:
        raise ZeroDivisionError("marker-message")

    with pytest.raises(ZeroDivisionError):
        run(seen.around(FakeProvider(broken, name="broken"))(CALL))
    assert seen.facts("ocr broken")[0]["error.type"] == "ZeroDivisionError"


def test_nothing_that_was_asked_is_told(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    call = CaptionCall(
        image=IMAGE, question="marker-question", language="marker-language", extra={"key": "marker-secret"}
    )
    secret = FakeProvider(results.answer, name="fake")
    with caplog.at_level(logging.DEBUG, "visionhub"):
        answer = run(seen.around(failing("one", TransportError), secret)(call))
        with pytest.raises(InputError):
            run(seen.around(failing("two", InputError))(call))
    told = seen.everything() + caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "attempt one" in told
    assert "marker" not in told
    assert answer.text not in told


def test_the_log_has_the_facts_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    handler = Layered(Trace(), Fallback([failing("one"), answering("two", 0.25)]))
    with caplog.at_level(logging.DEBUG, "visionhub"):
        result = run(handler(CALL))
        with pytest.raises(InputError):
            run(Layered(Trace(), failing("three", InputError))(CALL))
    good, bad = caplog.records
    assert (good.levelno, bad.levelno) == (logging.DEBUG, logging.INFO)
    names = ("task", "provider", "model", "outcome", "cost_usd", "request_id", "attempts")
    told = {name: getattr(good, name) for name in names}
    assert told == {
        "task": "ocr", "provider": "two", "model": "reader-2.1", "outcome": "ok", "cost_usd": result.usage.cost_usd,
        "request_id": result.request_id, "attempts": 2,
    }  # fmt: skip
    assert getattr(good, "latency_ms") == result.usage.latency_ms  # noqa: B009  # mypy knows no such field
    told = {name: getattr(bad, name) for name in names}
    assert (told["provider"], told["model"], told["outcome"], told["attempts"]) == (
        "three",
        "reader-2",
        "InputError",
        1,
    )


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    hub = Hub(answering("fake"), settings=Settings(telemetry=True))
    with pytest.raises(ConfigError) as caught:
        hub.ocr(IMAGE)
    assert caught.value.hint == "pip install 'visionhub[otel]'"


ASKING = """
import sys
from visionhub import Hub, Settings
from visionhub.testing import FakeProvider, pictures, results
Hub(FakeProvider(results.answer), settings=Settings(telemetry={on})).detect(pictures.scene())
print("opentelemetry" in sys.modules)
"""


@pytest.mark.parametrize("on", [False, True])
def test_nothing_is_imported_while_it_is_off(on: bool) -> None:
    said = subprocess.run([sys.executable, "-c", ASKING.format(on=on)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(on)


def test_hubs_share_the_applications_providers(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", seen.tracers)
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER", seen.meters)
    settings = Settings(telemetry=True, attempts=1, cache="off")
    request = seen.tracers.get_tracer("application").start_as_current_span("request")
    with Hub([failing("down"), answering("up")], settings=settings) as hub, request:
        assert [found.provider for found in hub.map([CALL, CALL])] == ["up", "up"]

    async def ask() -> None:
        async with AsyncHub(answering("up"), settings=settings) as hub:
            await hub.ocr(IMAGE)

    asyncio.run(ask())
    tree = seen.tree()
    assert tree["request"] == ["ocr down|up"] * 2
    assert tree["ocr down|up"].count("attempt down") == 2
    assert tree["ocr up"] == ["attempt up"]
    assert sum(seen.metric("visionhub.call.duration").values()) == 3


def test_prometheus_is_told() -> None:
    exporter = pytest.importorskip("opentelemetry.exporter.prometheus")
    from prometheus_client import REGISTRY, generate_latest

    reader = exporter.PrometheusMetricReader()
    meters = MeterProvider([reader])
    layer = Telemetry(TracerProvider(), meters)
    run(Layered(layer, Layered(layer.attempted, answering("fake", 0.25)))(CALL))
    text = generate_latest(REGISTRY).decode()
    meters.shutdown()
    for line in (
        "visionhub_call_duration_seconds_bucket{",
        "gen_ai_client_operation_duration_seconds_count{",
        "visionhub_attempts_total{",
        "visionhub_cost_USD_total{",
    ):
        assert line in text, text
