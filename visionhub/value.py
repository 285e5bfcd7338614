"""The base of everything that is handed around: calls, results, boxes, capabilities."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value: compared by content, never changed after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
