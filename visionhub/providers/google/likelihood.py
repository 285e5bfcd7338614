"""Google's steps of likelihood: words, from which no probability follows."""

from __future__ import annotations

from typing import Any

LEVELS = ("UNKNOWN", "VERY_UNLIKELY", "UNLIKELY", "POSSIBLE", "LIKELY", "VERY_LIKELY")
LIKELY = LEVELS.index("LIKELY")


def level(said: Any) -> str:
    """The step's name; numbers are names too, and what is left out is `UNKNOWN`."""
    name = LEVELS[said] if isinstance(said, int) else said or LEVELS[0]
    if name not in LEVELS:
        raise ValueError("no likelihood")
    return str(name)


def is_likely(level: str) -> bool:
    """Whether it is likely or very likely."""
    return LEVELS.index(level) >= LIKELY


def said(level: str | None, score: float | None, *, flagged: bool) -> str:
    """The step for another's verdict: its own where it is one, and always on the verdict's side of `LIKELY`."""
    if level in LEVELS and is_likely(level) == flagged:
        return level
    if flagged:
        return "VERY_LIKELY" if score is None or score >= 0.9 else "LIKELY"
    steps = ((0.1, "VERY_UNLIKELY"), (0.3, "UNLIKELY"))
    return next((name for limit, name in steps if (score or 0.0) < limit), "POSSIBLE")
