"""The labelled rows of the shared data, which lies beside the checkout or where `SHARED_DATA` says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.figures import SkippedError
from visionhub import Call, Hub, VisionError
from visionhub.tasks.base import R

Row: TypeAlias = dict[str, Any]
DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).parents[3] / "shared") / "data"


def rows(task: str, name: str = "labels") -> list[Row]:
    """All rows of `TASK/NAME.jsonl`, each with the full path of its picture as `file`."""
    folder = DATA / task
    if not folder.is_dir():
        raise SkippedError(f"no labelled pictures at {task}/ of the shared data: set SHARED_DATA")
    found = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{**row, "file": folder / row["path"]} if "path" in row else row for row in found]


def local(task: str) -> Hub:
    """The hub under test, which must answer `task`."""
    hub = Hub("local")
    if hub.route().capability(task) is None:
        raise SkippedError(f"the local provider does not answer {task}")
    return hub


def answers(hub: Hub, calls: Iterable[Call[R]]) -> Iterator[R]:
    """What `map` gives, in order. Raises the first error: every labelled picture can be read."""
    for answer in hub.map(calls):
        if isinstance(answer, VisionError):
            raise answer
        yield answer
