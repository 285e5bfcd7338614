"""What every benchmark gives back: `measure()` returns figures by name, or raises `SkippedError`."""

from __future__ import annotations

from typing import TypeAlias

Figures: TypeAlias = dict[str, float | str]


class SkippedError(Exception):
    """What it measures is not here; the message says what is missing."""


def worst(values: dict[str, float], count: int = 5) -> str:
    """The names of the highest values above zero, with them."""
    ranked = sorted(((value, name) for name, value in values.items() if value > 0), reverse=True)[:count]
    return ", ".join(f"{name} {value:.3f}" for value, name in ranked) or "none"
