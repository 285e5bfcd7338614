"""What a run found, kept as `benchmarks/results/NAME.json`: the figures, and when, how and on what they were measured."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import visionhub
from benchmarks.figures import Figures

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("onnxruntime", "opencv-python-headless", "numpy", "pillow")
Record: TypeAlias = dict[str, Any]


def write(name: str, figures: Figures, seconds: float, load_before: float) -> None:
    """Keeps one run. Nothing in it names the machine or a place on it."""
    record: Record = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": f"python -m benchmarks.run {name}",
        "seconds": round(seconds, 1),
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "load": [round(load_before, 2), round(os.getloadavg()[0], 2)],
        "versions": {
            "visionhub": visionhub.__version__,
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "figures": {name: rounded(value) for name, value in figures.items()},
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def rounded(value: float | str) -> float | str:
    """Five digits: more is noise."""
    return float(f"{value:.5g}") if isinstance(value, float) else value


def read(name: str) -> Record | None:
    """The last run, if there was one."""
    path = FOLDER / f"{name}.json"
    record: Record | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return record


def cpu() -> str:
    """The processor's model, as the system names it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def shown(figures: Figures) -> Iterator[tuple[str, str]]:
    """Names and values as people read them."""
    for name, value in figures.items():
        yield name, f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else str(value)
