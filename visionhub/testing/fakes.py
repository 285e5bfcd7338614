"""Stand-ins that answer without models, keys or network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

from visionhub.capability import Capability, Support
from visionhub.errors import UnsupportedError, VisionError
from visionhub.flow import Flow, Sleep
from visionhub.tasks import TASKS, Attempt, Call, Result
from visionhub.tasks.base import R
from visionhub.wire import Request, Response

Answer: TypeAlias = Result | VisionError | Callable[[Call[Any]], Result]


class FakeProvider:
    """A handler that gives prepared answers, chosen by the call's task: a result, an error to raise, or a function of the call.

        hub = Hub(FakeProvider(Detections(objects=(...,))))

    Several may be given: a result answers calls of its task, the first error or function all others. The hub's cache answers
    equal calls by itself; `Settings(cache="off")` lets each of them through. It takes every option of the tasks that it has answers for, keeps what it was asked in `calls`, and lets `seconds` pass
    before each answer. `region` is where it says that pictures go.
    """

    def __init__(
        self, *answers: Answer, name: str = "fake", is_remote: bool = False, seconds: float = 0.0,
        tasks: Iterable[str] | None = None, capability: Capability | None = None, region: str | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.region = region
        self.is_remote = is_remote
        self.calls: list[Call[Any]] = []
        self._seconds = seconds
        self._answers = {answer.task: answer for answer in answers if isinstance(answer, Result)}
        self._otherwise = next((answer for answer in answers if not isinstance(answer, Result)), None)
        offered = set(tasks) if tasks is not None else set(self._answers) or set(TASKS)
        self._capabilities = {task: capability or _everything(task) for task in offered}

    def capability(self, task: str, model: str | None = None) -> Capability | None:
        """See `Handler`."""
        del model
        return self._capabilities.get(task)

    def version(self, call: Call[Any]) -> str:
        """See `Handler`."""
        return f"{self.name}:{call.model}"

    def places(self, call: Call[Any]) -> tuple[str, ...]:
        """See `Located`."""
        del call
        return () if self.region is None else (self.region,)

    def close(self) -> None:
        """See `Handler`."""

    def __call__(self, call: Call[R]) -> Flow[R]:
        """See `Handler`."""
        self.calls.append(call)
        started = time.perf_counter()
        if self._seconds:
            yield Sleep(self._seconds)
        answer: Answer | None = self._answers.get(call.task, self._otherwise)
        if call.task not in self._capabilities or answer is None:
            answer = UnsupportedError(f"{self.name} does not {call.task}.")
        latency_ms = (time.perf_counter() - started) * 1000
        if isinstance(answer, VisionError):
            answer.locate(provider=self.name, task=call.task)
            answer.attempts = (
                Attempt(provider=self.name, outcome="error", latency_ms=latency_ms, cost_usd=0.0, reason=answer.reason),
            )
            raise answer
        result = answer if isinstance(answer, Result) else answer(call)
        attempt = Attempt(provider=self.name, outcome="ok", latency_ms=latency_ms)
        return cast("R", result.limited(call).model_copy(update={"provider": self.name, "attempts": (attempt,)}))


def _everything(task: str) -> Capability:
    return Capability(options=dict.fromkeys(TASKS[task].model_fields, Support.NATIVE))


class ScriptedWire:
    """A wire that plays prepared answers in order, and keeps what was sent in `requests` and the time limits in `timeouts`."""

    def __init__(self, *script: Response | VisionError) -> None:
        self._script = list(script)
        self.requests: list[Request] = []
        self.timeouts: list[float | None] = []

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        self.requests.append(request)
        self.timeouts.append(timeout)
        answer = self._script.pop(0)
        if isinstance(answer, VisionError):
            raise answer
        return answer

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`."""
        return self.send(request, timeout)

    def close(self) -> None:
        """See `Wire`."""
