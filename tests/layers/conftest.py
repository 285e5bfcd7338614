"""Flows played without a driver: sleeps are noted, not slept."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import PIL.Image
import pytest

from visionhub.flow import Flow, Sleep
from visionhub.geometry import Box
from visionhub.image import Image
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object


class Played:
    """Drives flows and keeps the sleeps they asked for."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []

    def __call__(self, flow: Flow[Any]) -> Any:
        outcome: Any = None
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Sleep):
                    self.sleeps.append(effect.seconds)
                    effect = flow.send(None)
                    continue
                try:
                    outcome = effect.perform()
                except Exception as error:  # noqa: BLE001  # what a driver does
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def play() -> Played:
    return Played()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis that speaks the real protocol, in this process."""
    import fakeredis

    server = fakeredis.TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@pytest.fixture
def call() -> DetectCall:
    return DetectCall(image=picture(64, 48))


@pytest.fixture
def found() -> Detections:
    return Detections(objects=(Object(name="cat", score=0.9, box=Box(x0=0.25, y0=0.25, x1=0.5, y1=0.5)),))


def picture(width: int, height: int, kind: str = "PNG", **options: Any) -> Image:
    buffer = io.BytesIO()
    PIL.Image.effect_noise((width, height), 60).convert("RGB").save(buffer, kind, **options)
    return Image(buffer.getvalue(), name=f"{width}x{height}")
