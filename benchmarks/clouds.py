"""What a call through visionhub adds to the same call through the vendor's own SDK, both in one run, alternating.

The picture is a JPEG of 100 kB, given as bytes each time; the vendor is a process of its own on loopback that answers at once, or
after 50 ms. Medians. At 64 at once, 64 threads ask on both sides.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import PIL.Image

from benchmarks.figures import Figures
from benchmarks.vendor import vendor
from visionhub import Box, DetectCall, Detections, Hub, registry
from visionhub.config import read
from visionhub.image import Image
from visionhub.tasks.detect import Object

WAIT = 0.05
ROUNDS, CALLS, SLOW, MANY = 30, 10, 8, 64
FOUND = Detections(
    objects=tuple(
        Object(name=f"thing{n}", score=0.9 - n / 100, box=Box(x0=0.1, y0=0.1, x1=0.4, y1=0.5)) for n in range(10)
    )
)
KEY = "key"


def picture() -> bytes:
    """About 100 kB."""
    buffer = io.BytesIO()
    PIL.Image.effect_noise((640, 480), 60).convert("RGB").save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


def answer(provider: str, data: bytes) -> Any:
    """What that vendor says of `FOUND`."""
    codec = registry.get(provider).codec("detect")
    assert codec
    assert codec.render
    return codec.render(FOUND, DetectCall(image=Image(data))).body


def _numbers(said: Any) -> bytes:
    """Google's answer as a message."""
    from google.cloud import vision
    from google.protobuf.json_format import ParseDict

    message: bytes = ParseDict(said, vision.BatchAnnotateImagesResponse.pb()()).SerializeToString()
    return message


@contextmanager
def sides(data: bytes, wait: float) -> Iterator[dict[str, tuple[Callable[[], Any], Callable[[], Any]]]]:
    """By vendor: the call through its SDK, and the same through a hub."""
    import boto3
    import grpc
    import openai
    from azure.ai.vision.imageanalysis import ImageAnalysisClient
    from azure.core.credentials import AzureKeyCredential
    from botocore.config import Config
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import vision
    from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

    from visionhub.kit.openai import data_uri
    from visionhub.providers.google.grpc import GrpcWire

    google = answer("google", data)
    answers = {
        "/": answer("aws", data), "/computervision/imageanalysis:analyze": answer("azure", data), "/v1/responses": answer("openai", data),
        "/v1/images:annotate": google,
    }  # fmt: skip
    with ExitStack() as stack:
        url, address = stack.enter_context(vendor(answers, _numbers(google), wait))
        options: dict[str, dict[str, Any]] = {
            "aws": {"endpoint": url, "region": "eu-west-1", "access_key_id": "a", "secret_access_key": "b"},
            "azure": {"endpoint": url, "key": KEY},
            "openai": {"base_url": f"{url}/v1", "api_key": KEY},
            "google": {"api_key": KEY, "endpoint": url, "transport": "rest"},
        }
        hub = stack.enter_context(Hub(settings=read(providers=options)))
        over = registry.get("google").with_options({"api_key": KEY})
        channel = stack.enter_context(grpc.insecure_channel(address))
        opened = vision.ImageAnnotatorClient(transport=ImageAnnotatorGrpcTransport(channel=channel))
        wire: Any = over.wire._vision  # type: ignore[attr-defined]  # noqa: SLF001  # its channel would be encrypted
        assert isinstance(wire, GrpcWire)
        wire._client = opened  # noqa: SLF001
        anonymous: Any = AnonymousCredentials
        by_rest = vision.ImageAnnotatorClient(
            credentials=anonymous(), transport="rest", client_options={"api_endpoint": url}
        )
        aws = boto3.client(
            "rekognition", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b",
            config=Config(max_pool_connections=MANY, retries={"total_max_attempts": 1}),
        )  # fmt: skip
        azure = ImageAnalysisClient(url, AzureKeyCredential(KEY), retry_total=0)
        known = openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
        objects: Any = ["objects"]
        feature: Any = [{"image": {"content": data}, "features": [{"type_": "OBJECT_LOCALIZATION"}]}]
        shape: Any = registry.get("openai").codec("detect")
        asked = shape.encode(DetectCall(image=Image(data))).body
        scores = iter(number / 1e9 for number in range(10_000_000))

        def through(provider: Any) -> Callable[[], Any]:
            # Another option each time, so that the cache is asked and finds nothing.
            return lambda: hub.detect(data, provider=provider, min_score=next(scores), max_results=100)

        def ask_openai() -> Any:
            turn = {
                "role": "user",
                "content": [asked["input"][0]["content"][0], {"type": "input_image", "image_url": data_uri(data)}],
            }
            return known.responses.create(model=asked["model"], input=[turn], text=asked["text"])  # type: ignore[list-item]

        yield {
            "google grpc": (lambda: opened.batch_annotate_images(requests=feature, retry=None), through(over)),
            "google rest": (lambda: by_rest.batch_annotate_images(requests=feature, retry=None), through("google")),
            "aws": (lambda: aws.detect_labels(Image={"Bytes": data}), through("aws")),
            "azure": (lambda: azure.analyze(data, objects), through("azure")),
            "openai": (ask_openai, through("openai")),
        }


def alternating(first: Callable[[], Any], second: Callable[[], Any], rounds: int, calls: int) -> tuple[float, float]:
    """Medians of both, in milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, kept in ((first, times[0]), (second, times[1])):
            for _ in range(calls):
                started = time.perf_counter()
                call()
                kept.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times[0]), statistics.median(times[1])


def crowded(call: Callable[[], Any]) -> float:
    """Milliseconds a call for which 64 threads ask at once, each four times."""

    def ask(_: int) -> list[float]:
        kept = []
        for _ in range(4):
            started = time.perf_counter()
            call()
            kept.append((time.perf_counter() - started) * 1e3)
        return kept

    with ThreadPoolExecutor(MANY) as pool:
        return statistics.median([one for kept in pool.map(ask, range(MANY)) for one in kept])


def measure() -> Figures:
    data = picture()
    figures: Figures = {"picture, kB": len(data) / 1e3}
    with sides(data, 0.0) as asked:
        for name, (sdk, hub) in asked.items():
            alternating(sdk, hub, 2, 5)
            bare, ours = alternating(sdk, hub, ROUNDS, CALLS)
            figures |= {f"{name}: SDK, ms": bare, f"{name}: added, ms": ours - bare}
    with sides(data, WAIT) as asked:
        for name, (sdk, hub) in asked.items():
            alternating(sdk, hub, 1, 2)
            bare, ours = alternating(sdk, hub, SLOW, 5)
            figures[f"{name}: 50 ms vendor, added, %"] = (ours / bare - 1) * 100
            rounds = [(crowded(sdk), crowded(hub)) for _ in range(5)]
            bare, ours = (statistics.median(side) for side in zip(*rounds, strict=True))
            figures |= {f"{name}: 64 at once, SDK, ms": bare, f"{name}: 64 at once, added, %": (ours / bare - 1) * 100}
    return figures
