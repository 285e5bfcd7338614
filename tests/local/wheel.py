"""A small wheel drawn by code, the same in every process, and cards for what is in it."""

from __future__ import annotations

import io
import random
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, cast

from visionhub.providers.local.cards import Card, Wheel, all_cards, all_wheels
from visionhub.providers.local.cards.__main__ import file_entry, wheel_entry

FILENAME = "tiny_models-1.0-py3-none-any.whl"
PACKAGE = "tiny-models"
GRAPH, LABELS, PLAIN = "tiny_models/graph.onnx", "tiny_models/labels.txt", "tiny_models/plain.dat"
MEMBERS = {
    "tiny_models/first.bin": random.Random(1).randbytes(50_000),
    GRAPH: bytes(random.Random(2).choices(range(200), k=400_000)),
    LABELS: b"cat\ndog\n" * 500,
    PLAIN: random.Random(3).randbytes(100_000),
    "tiny_models/last.bin": random.Random(4).randbytes(50_000),
}
# Two cards that share a file.
CARDS = {"tiny-a": {"graph": GRAPH, "labels": LABELS}, "tiny-b": {"labels": LABELS, "plain": PLAIN}}


@cache
def content() -> bytes:
    """The bytes of the wheel."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in MEMBERS.items():
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.compress_type = zipfile.ZIP_STORED if name == PLAIN else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return file.getvalue()


def publish(folder: Path) -> None:
    """Writes the wheel into a folder, and makes its cards known to this process."""
    path = folder / FILENAME
    path.write_bytes(content())
    facts: dict[str, Any] = tomllib.loads(wheel_entry(path))[PACKAGE]
    cast("dict[str, Wheel]", all_wheels())[PACKAGE] = Wheel(package=PACKAGE, **facts)
    for name, members in CARDS.items():
        files = {key: next(iter(_file(path, member).values())) for key, member in members.items()}
        card = Card(
            name=name, task="samples", title=name, family="none", licence="CC0-1.0", provenance="drawn", files=files
        )
        cast("dict[str, Card]", all_cards())[name] = card


def withdraw() -> None:
    """Undoes `publish`."""
    all_cards.cache_clear()
    all_wheels.cache_clear()


def _file(path: Path, member: str) -> dict[str, Any]:
    files: dict[str, Any] = tomllib.loads(file_entry(path, member))["files"]
    return files
