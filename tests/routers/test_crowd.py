"""Many calls for few pictures, packed, raced, limited and in every order: everybody is answered, nobody waits for himself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.layers.conftest import picture
from tests.routers.conftest import answering
from visionhub.capability import Capability, Support
from visionhub.config import read
from visionhub.errors import ProviderError
from visionhub.hub import AsyncHub, Hub
from visionhub.routers.race import Hedge, Race
from visionhub.routers.vote import Vote
from visionhub.tasks import DetectCall, Detections

PACKED = Capability(options=dict.fromkeys(("labels", "min_score"), Support.NATIVE), batch=16)
PICTURES = [picture(9 + number, 9) for number in range(4)]
ORDERS = [list(range(24)), list(range(23, -1, -1)), [0] * 24]


def vendor(name: str, answer: Any = None) -> Any:
    return answering(name, answer, is_remote=True, seconds=0.003, capability=PACKED)


ROUTES: dict[str, Callable[[], Any]] = {
    "one": lambda: vendor("a"),
    "fallback": lambda: [vendor("bad", ProviderError("503")), vendor("a")],
    "race": lambda: Race([vendor("a"), vendor("b")]),
    "hedge": lambda: Hedge([vendor("a"), vendor("b")], first_delay=0.001),
    "vote": lambda: Vote([vendor("a"), vendor("b")]),
}


def calls(order: list[int]) -> list[DetectCall]:
    return [DetectCall(image=PICTURES[number % len(PICTURES)]) for number in order]


def in_threads(hub: Hub) -> list[Any]:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda order=order: answers.extend(hub.map(calls(order), concurrency=4)))
        for order in ORDERS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


async def in_tasks(hub: AsyncHub) -> list[Any]:
    async def one(order: list[int]) -> list[Any]:
        return [answer async for answer in hub.map(calls(order), concurrency=4)]

    return [answer for answers in await asyncio.gather(*map(one, ORDERS)) for answer in answers]


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("most", [None, 1, 2])
def test_everybody_is_answered(name: str, most: int | None) -> None:
    limits = {vendor: {"concurrency": most} for vendor in ("a", "b")} if most else {}
    settings = read(providers=limits, attempts=1)
    for answers in (
        in_threads(Hub(ROUTES[name](), settings=settings)),
        asyncio.run(in_tasks(AsyncHub(ROUTES[name](), settings=settings))),
    ):
        assert [type(answer) for answer in answers] == [Detections] * sum(map(len, ORDERS))
