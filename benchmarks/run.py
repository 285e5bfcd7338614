"""Runs benchmarks, shows what they find and keeps it in `benchmarks/results/`.

    python -m benchmarks.run [NAME...]

Without names, all of them. Each runs in a process of its own, so that none is warmed or slowed by another. Whatever lacks
what it needs says so and is skipped; its last result stays.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from benchmarks import results
from benchmarks.figures import Figures, SkippedError

MODULES = {
    **{
        name: f"benchmarks.quality.{name}"
        for name in ("classify", "detect", "ocr", "faces", "mask", "moderate", "exif", "formats", "agreement", "jpeg")
    },
    **{
        name: f"benchmarks.{name}"
        for name in (
            "imports",
            "spine",
            "routing",
            "drill",
            "clouds",
            "page",
            "local",
            "map",
            "torch_classify",
            "torch_detect",
            "torch_memory",
        )
    },
}


def measured(name: str) -> Figures:
    figures: Figures = import_module(MODULES[name]).measure()
    return figures


def run(name: str) -> None:
    """One benchmark, in a fresh process."""
    load, started = os.getloadavg()[0], time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            figures = pool.submit(measured, name).result()
        except SkippedError as error:
            print(f"{name}: SKIPPED, {error}\n", flush=True)
            return
    seconds = time.perf_counter() - started
    results.write(name, figures, seconds, load)
    print(f"{name}  ({seconds:.0f} s)")
    for figure, value in results.shown(figures):
        print(f"  {figure:40}  {value}")
    print(flush=True)


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in MODULES]:
        print(f"There is no benchmark {', '.join(unknown)}. There are {', '.join(MODULES)}.", file=sys.stderr)
        return 2
    for name in names or MODULES:
        run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
