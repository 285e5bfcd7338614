"""Answers made up from a seed: for laws that must hold for any answer, and for a provider that stands in for a hub's."""

from __future__ import annotations

import math
import random
import string
from typing import Any

from PIL import Image as Pillow

from visionhub.geometry import Box, Point, Polygon
from visionhub.tasks import (
    Call,
    Caption,
    Comparison,
    Detections,
    Embedding,
    Faces,
    GenerateCall,
    Images,
    Labels,
    Moderation,
    Text,
)
from visionhub.tasks.base import R
from visionhub.tasks.caption import Region
from visionhub.tasks.classify import Label
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Face
from visionhub.tasks.generate import GeneratedImage
from visionhub.tasks.moderate import CATEGORIES, Category, CategoryName
from visionhub.tasks.ocr import Line, Word
from visionhub.testing import pictures

SIZE = (640, 480)
THRESHOLD = 0.8
FLAGGED = 0.5


def answer(call: Call[R], seed: int = 7) -> R:
    """An answer to any call, always the same for the same seed."""
    make = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    result: R = {
        "classify": _labels, "detect": _detections, "ocr": _text, "faces": _faces, "compare": _comparison,
        "moderate": _moderation, "caption": _caption, "generate": _images,
        "embed": _embedding,
    }[call.task](make, call)  # type: ignore[assignment]  # the answer of the call's task  # fmt: skip
    return result


def _labels(make: random.Random, call: Call[Any]) -> Labels:
    del call
    return Labels(labels=tuple(Label(name=_word(make), score=score) for score in _scores(make)))


def _detections(make: random.Random, call: Call[Any]) -> Detections:
    del call
    return Detections(objects=tuple(Object(name=_word(make), score=score, box=_box(make)) for score in _scores(make)))


def _text(make: random.Random, call: Call[Any]) -> Text:
    del call
    rows = range(make.randint(1, 6))
    return Text.of(_line(make, row / 8) for row in rows)


def _line(make: random.Random, top: float) -> Line:
    """Words beside each other, as they are printed."""
    count, left = make.randint(1, 5), make.uniform(0.02, 0.1)
    width, height = 0.8 / count, 0.06
    words = tuple(
        Word(
            text=_word(make),
            score=make.uniform(0.5, 1),
            polygon=_outline(Box(x0=x, y0=top, x1=x + width * 0.8, y1=top + height)),
        )
        for x in (left + width * number for number in range(count))
    )
    around = Box(x0=left, y0=top, x1=left + width * (count - 0.2), y1=top + height)
    score = sum(word.score or 0 for word in words) / count
    return Line(text=" ".join(word.text for word in words), score=score, polygon=_outline(around), words=words)


def _faces(make: random.Random, call: Call[Any]) -> Faces:
    faces = []
    for score in _scores(make):
        box = _box(make)
        places = {
            "right_eye": (0.3, 0.35),
            "left_eye": (0.7, 0.35),
            "nose": (0.5, 0.55),
            "mouth_right": (0.35, 0.8),
            "mouth_left": (0.65, 0.8),
        }
        landmarks = {
            name: Point(x=box.x0 + x * box.width, y=box.y0 + y * box.height) for name, (x, y) in places.items()
        }
        embedding = tuple(make.uniform(-1, 1) for _ in range(8)) if getattr(call, "embedding", False) else None
        faces.append(Face(box=box, score=score, landmarks=landmarks, embedding=embedding))
    return Faces(faces=tuple(faces))


def _comparison(make: random.Random, call: Call[Any]) -> Comparison:
    asked = getattr(call, "threshold", None)
    similarity, threshold = make.random(), THRESHOLD if asked is None else asked
    first, other = ComparedFace(box=_box(make)), ComparedFace(box=_box(make))
    return Comparison(same=similarity >= threshold, similarity=similarity, threshold=threshold, a=first, b=other)


def _moderation(make: random.Random, call: Call[Any]) -> Moderation:
    del call
    names: list[CategoryName] = [name for name in CATEGORIES if make.random() < FLAGGED] or list(CATEGORIES)
    scores: dict[CategoryName, float] = {name: make.random() for name in names}
    return Moderation.of(
        [Category(name=name, score=score, flagged=score >= FLAGGED, native=name) for name, score in scores.items()]
    )


def _caption(make: random.Random, call: Call[Any]) -> Caption:
    question = getattr(call, "question", None)
    regions = (
        () if question else tuple(Region(text=_word(make), score=score, box=_box(make)) for score in _scores(make))
    )
    text = f"A {_word(make)} beside a {_word(make)}."
    return Caption(text=text, score=None if question else make.random(), question=question, regions=regions)


def _embedding(make: random.Random, call: Call[Any]) -> Embedding:
    numbers = [make.gauss(0, 1) for _ in range(16)]
    length = math.hypot(*numbers)
    return Embedding(vector=tuple(number / length for number in numbers), text=getattr(call, "text", None))


def _images(make: random.Random, call: Call[Any]) -> Images:
    assert isinstance(call, GenerateCall)
    size = call.size or (512, 512)
    images = []
    for _ in range(call.count):
        colour = (make.randrange(256), make.randrange(256), make.randrange(256))
        data = pictures.encoded(Pillow.new("RGB", size, colour))
        images.append(GeneratedImage(media_type="image/png", width=size[0], height=size[1], data=data, seed=call.seed))
    return Images(images=tuple(images))


def _scores(make: random.Random) -> list[float]:
    return sorted((make.uniform(0.3, 0.99) for _ in range(make.randint(1, 6))), reverse=True)


def _word(make: random.Random) -> str:
    return "".join(make.choices(string.ascii_lowercase, k=make.randint(3, 9)))


def _box(make: random.Random) -> Box:
    left, top = make.uniform(0, 0.7), make.uniform(0, 0.7)
    return Box(x0=left, y0=top, x1=left + make.uniform(0.1, 0.3), y1=top + make.uniform(0.1, 0.3))


def _outline(box: Box) -> Polygon:
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))
