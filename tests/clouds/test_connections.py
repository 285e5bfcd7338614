"""Connections are pooled, shared by threads, never by processes, and given back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clouds.aws import test_suite as aws
from tests.clouds.azure import test_suite as azure
from tests.clouds.google import test_suite as google
from tests.clouds.openai import test_suite as openai
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import VisionError
from visionhub.flow import arun, run
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.tasks import DetectCall
from visionhub.testing import pictures, results

IMAGE = Image(pictures.encoded(pictures.scene(), "JPEG"), name="scene.jpg")
CALL = DetectCall(image=IMAGE)
ROOT = Path(__file__).parents[2]
AT: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "api4ai": lambda url: {"key": "secret", "base_url": url}, "aws": aws.at, "azure": azure.at, "google": google.at, "openai": openai.at,
    "clarifai": lambda url: {"pat": "secret", "base_url": url},
}  # fmt: skip


class Counting(Vendor):
    """Keeps from where it was asked: one address a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Any] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.callers.append(scope["client"])
        await super().__call__(scope, receive, send)


def answering(name: str) -> Counting:
    """A vendor that says what the made-up answer says."""
    vendor, codec = Counting(), registry.get(name).codec("detect")
    assert codec
    assert codec.render
    vendor.says(200, json.dumps(codec.render(results.answer(CALL), CALL).body).encode())
    return vendor


@pytest.mark.parametrize("name", AT)
def test_one_connection_serves_call_after_call(name: str) -> None:
    vendor = answering(name)
    with serving(vendor) as url:
        provider = registry.get(name).with_options(AT[name](url))
        for _ in range(5):
            run(provider(CALL))
        assert len(set(vendor.callers)) == 1
        provider.close()
        run(provider(CALL))
        assert len(set(vendor.callers)) == 2, "what was closed opens again"
        provider.close()


@pytest.mark.parametrize("name", AT)
def test_many_threads_share_a_provider(name: str) -> None:
    vendor = answering(name)
    with serving(vendor) as url:
        provider = registry.get(name).with_options(AT[name](url))
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda _: run(provider(CALL)), range(64)))
        provider.close()
    assert len({tuple(one.objects) for one in found}) == 1
    assert len(vendor.asked) == 64


@pytest.mark.parametrize("name", AT)
def test_many_tasks_share_a_provider(name: str) -> None:
    vendor = answering(name)

    async def ask(provider: Provider) -> list[Any]:
        return await asyncio.gather(*(arun(provider(CALL)) for _ in range(32)))

    with serving(vendor) as url:
        provider = registry.get(name).with_options(AT[name](url))
        first, second = asyncio.run(ask(provider)), asyncio.run(ask(provider))
        provider.close()
    assert len({tuple(one.objects) for one in first + second}) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
@pytest.mark.parametrize("name", AT)
def test_a_forked_process_opens_its_own(name: str) -> None:
    vendor = answering(name)
    with serving(vendor) as url:
        command = [sys.executable, "-m", "tests.clouds.forked", name, json.dumps(AT[name](url))]
        told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=ROOT)
    expected = len(results.answer(CALL).objects)
    assert told.stdout.split() == ["before", str(expected), "child", str(expected), "after", str(expected)]
    assert len(set(vendor.callers)) == 2, "one connection a process"


@pytest.mark.parametrize("name", AT)
def test_a_whole_call_keeps_its_limit(name: str) -> None:
    vendor = answering(name)
    vendor.says(200, b"{}", wait=2.0)
    with serving(vendor) as url:
        handler = registry.get(name).with_options(AT[name](url))
        with Hub(handler) as hub, pytest.raises(TimeoutError, match="limit"):
            hub.detect(IMAGE, timeout=0.2)

        async def ask() -> None:
            async with AsyncHub(handler) as hub:
                await hub.detect(IMAGE, timeout=0.2)

        with pytest.raises(VisionError, match="limit"):
            asyncio.run(ask())
