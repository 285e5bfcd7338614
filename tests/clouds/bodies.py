"""The vendors' own answers, recorded by others: `../shared/vendor-responses`, or what SHARED_DATA names."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from visionhub.image import Image
from visionhub.image.unseen import Unseen
from visionhub.provider import Provider
from visionhub.tasks import TASKS, Call, Result
from visionhub.wire import Response

FOLDER = Path(os.environ.get("SHARED_DATA") or Path(__file__).parents[3] / "shared") / "vendor-responses"
needed = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is missing: it holds vendors' recorded answers")


def manifest(*vendors: str) -> list[dict[str, str]]:
    """The rows about these vendors; none where the folder is missing."""
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "MANIFEST.tsv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file, delimiter="\t") if row["vendor"] in vendors]


def body(name: str) -> Any:
    """A recorded answer."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def question(task: str, size: tuple[int, int] = (1000, 1000), **options: Any) -> Call[Any]:
    """A call about a picture of that size."""
    kind = TASKS[task]
    asked: dict[str, Any] = {"prompt": "anything"} if task == "generate" else {}
    asked |= {name: Unseen(size) for name, field in kind.model_fields.items() if field.annotation is Image}
    return kind(**asked, **options)


def decoded(provider: Provider, call: Call[Any], answer: Any) -> Result:
    """The answer as that provider's codec reads it."""
    codec = provider.codec(call.task)
    assert codec
    return codec.decode(Response(answer), call)
