"""OpenTelemetry (`visionhub[otel]`): a span each call, a span in it each time a provider is asked, and metrics of both.

Where they go is the application's choice: whatever providers of traces and metrics it has set. Names are those of OTel's conventions
for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai) where they fit, else `visionhub.…`. Neither pictures nor texts,
options, messages of errors or addresses are told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from visionhub.beside import Aside, Parallel
from visionhub.errors import ConfigError
from visionhub.flow import Effect, Flow
from visionhub.handler import Handler
from visionhub.tasks import Attempt, Call, Result
from visionhub.tasks.base import R

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

Facts: TypeAlias = dict[str, str | bool | int | float]
Ended: TypeAlias = Result | BaseException | None
"""How a flow ended: its answer, its error, or None where nobody wanted it any more."""

# As the conventions demand for gen_ai.client.operation.duration.
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
# What reaches no provider, and is no attempt of `Attempted` therefore.
UNASKED = ("cached", "refused")


class Telemetry:
    """The outermost layer; `attempted` is the innermost, around each provider. Left out, `tracers` and `meters` are the application's.

    Raises `ConfigError` if OpenTelemetry is not installed.
    """

    def __init__(self, tracers: TracerProvider | None = None, meters: MeterProvider | None = None) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise ConfigError("OpenTelemetry is not installed.", hint="pip install 'visionhub[otel]'") from None
        from visionhub import __version__

        self._tracer = trace.get_tracer("visionhub", __version__, tracers)
        meter = metrics.get_meter("visionhub", __version__, meters)
        self._calls = meter.create_histogram(
            "visionhub.call.duration", "s", "Whole calls", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._operations = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "Providers' part of them", explicit_bucket_boundaries_advisory=SECONDS
        )  # fmt: skip
        self._attempts = meter.create_counter("visionhub.attempts", "{attempt}", "Times that a provider was asked")
        self._cost = meter.create_counter("visionhub.cost", "USD", "What providers charge")
        self.attempted = Attempted(self)

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        from opentelemetry.trace import SpanKind

        asked = {"visionhub.task": call.task, "visionhub.route": inner.name}
        span = self._tracer.start_span(f"{call.task} {inner.name}", kind=SpanKind.INTERNAL, attributes=asked)
        started = time.perf_counter()

        def note(ended: Ended) -> None:
            attempts: tuple[Attempt, ...] = getattr(ended, "attempts", ())
            told = _told(ended)
            span.set_attributes({"visionhub.attempts": len(attempts), **told, **_answered(ended)})
            facts = {**asked, "visionhub.outcome": told["visionhub.outcome"], **_error(ended)}
            self._calls.record(time.perf_counter() - started, facts)
            for attempt in attempts:
                if attempt.outcome in UNASKED:
                    self._count(call, attempt.provider, {"visionhub.outcome": attempt.outcome})

        return (yield from _inside(span, inner(call), note))

    def attempt(self, call: Call[R], inner: Handler) -> Flow[R]:
        """What `attempted` does."""
        from opentelemetry.trace import SpanKind

        asked: Facts = {"gen_ai.operation.name": call.task, "gen_ai.provider.name": inner.name}
        if call.model:
            asked["gen_ai.request.model"] = call.model
        kind = SpanKind.CLIENT if inner.is_remote else SpanKind.INTERNAL
        span = self._tracer.start_span(f"attempt {inner.name}", kind=kind, attributes=asked)
        started = time.perf_counter()

        def note(ended: Ended) -> None:
            told, answered = _told(ended), _answered(ended)
            span.set_attributes({**told, **answered})
            models = {name: value for name, value in answered.items() if name == "gen_ai.response.model"}
            self._operations.record(time.perf_counter() - started, {**asked, **models, **_error(ended)})
            self._count(call, inner.name, {"visionhub.outcome": told["visionhub.outcome"], **_error(ended)})
            if cost := _cost(ended, call, inner):
                self._cost.add(cost, {"gen_ai.provider.name": inner.name, "visionhub.task": call.task})

        return (yield from _inside(span, inner(call), note))

    def _count(self, call: Call[Any], provider: str, facts: Mapping[str, str | bool | float]) -> None:
        self._attempts.add(1, {"gen_ai.provider.name": provider, "visionhub.task": call.task, **facts})


class Attempted:
    """The layer directly around a provider: see `Telemetry`."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        return self._telemetry.attempt(call, inner)


def _told(ended: Ended) -> Facts:
    match ended:
        case None:
            return {"visionhub.outcome": "cancelled"}
        case Result():
            is_cached = bool(ended.attempts) and ended.attempts[-1].outcome == "cached"
            return {"visionhub.outcome": "cached" if is_cached else "ok", "visionhub.cached": is_cached}
        case _:
            return {"visionhub.outcome": "error", **_error(ended)}


def _error(ended: Ended) -> Facts:
    return {"error.type": type(ended).__name__} if isinstance(ended, BaseException) else {}


def _answered(ended: Ended) -> Facts:
    if not isinstance(ended, Result):
        return {}
    known = {
        "gen_ai.provider.name": ended.provider, "gen_ai.response.model": ended.model, "visionhub.request_id": ended.request_id,
        "visionhub.cost_usd": ended.usage.cost_usd,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value is not None}


def _cost(ended: Ended, call: Call[Any], inner: Handler) -> float | None:
    """USD of one attempt, as far as it is known; of one that was cancelled, the price: the provider may charge all the same."""
    if isinstance(ended, Result):
        return ended.usage.cost_usd
    if ended is None:
        capability = inner.capability(call.task, call.model)
        return capability.cost(call) if capability else None
    attempts: tuple[Attempt, ...] = getattr(ended, "attempts", ())
    return attempts[-1].cost_usd if attempts else None


def _inside(span: Span, flow: Flow[R], note: Callable[[Ended], None]) -> Flow[R]:
    """The flow inside `span`; at its end `note` is told how it ended."""
    from opentelemetry.trace import StatusCode, set_span_in_context

    ended: Ended = None
    try:
        result = ended = yield from carried(flow, set_span_in_context(span))
    except GeneratorExit:
        raise
    except BaseException as error:
        ended = error
        # Without its message, which may quote what was asked.
        span.set_status(StatusCode.ERROR)
        raise
    else:
        return result
    finally:
        note(ended)
        span.end()


def carried(flow: Flow[R], context: Context) -> Flow[R]:
    """The same flow, with `context` current while it runs, and not while it waits: flows are interleaved in one thread."""
    from opentelemetry.context import attach, detach

    step: Callable[[], Effect] = partial(next, flow)
    try:
        while True:
            token = attach(context)
            try:
                effect = step()
            finally:
                detach(token)
            try:
                outcome = yield _carrying(effect, context)
            except Exception as error:
                step = partial(flow.throw, error)
            else:
                step = partial(flow.send, outcome)
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        flow.close()


def _carrying(effect: Effect, context: Context) -> Effect:
    """An effect that runs flows of its own runs them in the same context."""
    match effect:
        case Parallel():
            return replace(effect, flows=[carried(flow, context) for flow in effect.flows])
        case Aside():
            return replace(effect, flow=carried(effect.flow, context))
        case _:
            return effect
