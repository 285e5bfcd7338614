"""Draws the speed of models on PyTorch, as the last runs found it, into docs/benchmarks/NAME.svg; `--check` only says whether they are up to date."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any, Final

from draw_strategies import kept

FOLDER = Path(__file__).parent / "benchmarks"
NAMES: Final = ("torch_classify", "torch_detect")
RATE: Final = " (pictures/s)"
COLOURS: Final = {"visionhub": "#0b8f7d", "pipeline": "#b0683c", "forward": "#9aa3ad"}


def files() -> dict[str, str]:
    """Every plot by its file's name; none of what has not been run yet."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks import results

    return {f"{name}.svg": drawn(record) for name in NAMES if (record := results.read(name))}


def drawn(record: dict[str, Any]) -> str:
    """Pictures a second of each side, a panel for each model."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, float]] = {}
    devices = set()
    for figure, value in record["figures"].items():
        model, _, name = figure.rpartition(": ")
        if name == "device":
            devices.add(value)
        elif name.endswith(RATE):
            panels.setdefault(model, {})[name.removesuffix(RATE)] = value
    # The same numbers give the same file: no date, no random names, letters as letters.
    with mpl.rc_context({"svg.hashsalt": "visionhub", "svg.fonttype": "none", "font.size": 9}):
        rows = [len(sides) for sides in panels.values()]
        figure = Figure(figsize=(7.6, 0.24 * sum(rows) + 0.8 * len(rows)), layout="constrained")
        axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=rows)[:, 0]
        for axis, (model, sides) in zip(axes, panels.items(), strict=True):
            names = list(sides)[::-1]
            bars = axis.barh(
                names, [sides[name] for name in names], color=[COLOURS[name.split(maxsplit=1)[0].strip(",")] for name in names]
            )  # fmt: skip
            axis.bar_label(bars, fmt="{:.3g}", padding=3)
            axis.margins(x=0.1)
            axis.spines[["top", "right"]].set_visible(False)
            axis.set_title(
                f"{model or 'RT-DETR-R50'}, pictures a second, {', '.join(devices)} of {record['cpu']}", loc="left"
            )
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"


def main(check: bool) -> int:
    """All of them."""
    return kept(FOLDER, files(), check)
