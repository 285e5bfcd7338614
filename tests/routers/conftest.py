"""Routers asked through a hub, by blocking and by async code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.layers.conftest import picture
from visionhub.config import Settings
from visionhub.geometry import Box
from visionhub.hub import AsyncHub, Hub
from visionhub.tasks import Call, DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

ONCE = Settings(cache="off", attempts=1)


def found(name: str = "cat", score: float | None = 0.9, x0: float = 0.0) -> Detections:
    return Detections(objects=(Object(name=name, score=score, box=Box(x0=x0, y0=0, x1=x0 + 0.5, y1=1)),))


def answering(name: str, answer: Any = None, **facts: Any) -> FakeProvider:
    return FakeProvider(found() if answer is None else answer, name=name, **facts)


def asked(call: Call[Any] | None = None) -> Any:
    return call or DetectCall(image=picture(9, 9))


Ask = Callable[..., Any]


def _blocking(provider: Any, call: Call[Any] | None = None, settings: Settings = ONCE, **common: Any) -> Any:
    with Hub(provider, settings=settings) as hub:
        return hub.run(asked(call), **common)


def _async(provider: Any, call: Call[Any] | None = None, settings: Settings = ONCE, **common: Any) -> Any:
    async def main() -> Any:
        async with AsyncHub(provider, settings=settings) as hub:
            return await hub.run(asked(call), **common)

    return asyncio.run(main())


@pytest.fixture(params=[_blocking, _async], ids=["blocking", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """`ask(provider, call, settings)`."""
    driver: Ask = request.param
    return driver


def told(result: Any) -> list[tuple[str, str]]:
    return [(attempt.provider, attempt.outcome) for attempt in result.attempts]
