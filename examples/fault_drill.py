"""A fault drill: 100 questions to a vendor that fails in every way a vendor can, with a second one behind it.

    python examples/fault_drill.py

No key and no network are needed: the vendor is on this machine, and OpenAI's own client talks to it.
"""

from __future__ import annotations

from collections import Counter

from visionhub import AsyncHub, DetectCall, Detections, Hub, Image, VisionError
from visionhub.config import read
from visionhub.testing import FakeProvider, pictures, results
from visionhub.testing.weather import Fault, Weather, serve

QUESTIONS = 100
FAULTS = [
    Fault("expired", after=60, until=80),
    Fault("429", share=0.02, retry_after=0.1),
    Fault("503", share=0.10),
    Fault("reset", share=0.05),
    Fault("truncated", share=0.05),
    Fault("lie_html", share=0.05),
    Fault("stall", share=0.02, seconds=10.0),
]


def main() -> None:
    """Asks, and tells who answered, what went wrong on the way, and what the vendor would charge for."""
    weather = Weather(AsyncHub(FakeProvider(results.answer)), FAULTS, seed=1, price_usd=0.001)
    last = FakeProvider(Detections(objects=()), name="last")
    with serve(weather) as url:
        vendor = {"base_url": f"{url}/v1", "api_key": "any", "timeout": 3.0, "rate": "100/s"}
        settings = read(cache="off", attempts=2, providers={"openai": vendor})
        with Hub(["openai", last], settings=settings) as hub:
            answered, lost, left = drill(hub)
    print(f"{QUESTIONS} questions: {dict(answered)} answered, {lost} lost")
    print(f"left on the way: {dict(left)}")
    print(
        f"the vendor: {weather.requests} requests, {dict(weather.injected)}, {weather.billed} billed: {weather.billed_usd:.3f} USD"
    )


def drill(hub: Hub) -> tuple[Counter[str], int, Counter[str]]:
    """How often each provider answered, how many questions nobody answered, and the errors that were survived."""
    answered, left, lost = Counter[str](), Counter[str](), 0
    for result in hub.map((DetectCall(image=Image(pictures.scene())) for _ in range(QUESTIONS)), concurrency=4):
        if isinstance(result, VisionError):
            lost += 1
            continue
        answered[result.provider] += 1
        left.update((tried.reason or "").partition(":")[0] for tried in result.attempts if tried.outcome == "error")
    return answered, lost, left


if __name__ == "__main__":
    main()
