"""What faces take: found by YuNet, measured, embedded by SFace, and guessed at only when asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from visionhub.providers.local.models.face.align import Pixels, Points

Part: TypeAlias = Callable[[Pixels, Sequence[Points]], list[dict[str, Any]]]
"""Guesses about faces in a picture, given their landmarks in YuNet's order: per face, `{attribute: {value, score?}}`."""
