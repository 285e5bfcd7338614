"""What it takes to read a dense page of 3,000 words from Google's answer, by its own client and by visionhub, without any network.

The client's side makes its messages of the answer's bytes and reads every word with its corners and confidence from them; over
gRPC it is also shown what the messages alone take, before anything is read. Ours makes a `Text`. The best of five.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figures
from visionhub import OcrCall, Polygon, registry
from visionhub.image.unseen import Unseen
from visionhub.tasks import Text
from visionhub.tasks.ocr import Line, Word
from visionhub.wire import Response

WORDS, IN_A_LINE, ROUNDS = 3_000, 10, 5


def page() -> Text:
    """Words of six letters, ten in a line, five lines in a block."""
    rows = WORDS // IN_A_LINE
    lines = []
    for row in range(rows):
        top = (row + 0.5) / (rows + 1)
        words = tuple(
            Word(text="letter", score=0.9, polygon=_outline(0.05 + place * 0.09, top, 0.08))
            for place in range(IN_A_LINE)
        )
        text = " ".join(word.text for word in words)
        lines.append(Line(text=text, score=0.9, polygon=_outline(0.05, top, 0.89), block=row // 5, words=words))
    return Text.of(lines)


def _outline(left: float, top: float, width: float) -> Polygon:
    low = top + 0.002
    return Polygon.clamped(((left, top), (left + width, top), (left + width, low), (left, low)))


def best(function: Callable[[], Any]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        function()
        times.append((time.perf_counter() - started) * 1e3)
    return min(times)


def read(answer: Any) -> list[Any]:
    """Every word, as one takes it from the client's answer."""
    return [
        (
            "".join(symbol.text for symbol in word.symbols),
            [(at.x, at.y) for at in word.bounding_box.vertices],
            word.confidence,
        )
        for page in answer.responses[0].full_text_annotation.pages
        for block in page.blocks
        for paragraph in block.paragraphs
        for word in paragraph.words
    ]


def measure() -> Figures:
    from google.cloud import vision
    from google.protobuf.json_format import Parse, ParseDict

    from visionhub.providers.google.messages import plain

    kind = vision.BatchAnnotateImagesResponse
    codec = registry.get("google").codec("ocr")
    assert codec
    assert codec.render
    decode, call = codec.decode, OcrCall(image=Unseen((2480, 3508)))
    body = codec.render(page(), call).body
    message: bytes = ParseDict(body, kind.pb()()).SerializeToString()
    text = json.dumps(body)

    def ours_grpc() -> None:
        decode(Response(plain(kind.pb(kind.deserialize(message)))), call)

    figures: Figures = {
        "gRPC: client, messages alone, ms": best(lambda: kind.deserialize(message)),
        "gRPC: client, words read, ms": best(lambda: read(kind.deserialize(message))),
        "gRPC: visionhub, ms": best(ours_grpc),
        "REST: client, messages alone, ms": best(lambda: Parse(text, kind.pb()())),
        "REST: client, words read, ms": best(lambda: read(kind.wrap(Parse(text, kind.pb()())))),
        "REST: visionhub, ms": best(lambda: decode(Response(json.loads(text)), call)),
    }
    for transport in ("gRPC", "REST"):
        ours, theirs = (figures[f"{transport}: {name}, ms"] for name in ("visionhub", "client, words read"))
        figures[f"{transport}: visionhub to client"] = float(ours) / float(theirs)
    return figures
