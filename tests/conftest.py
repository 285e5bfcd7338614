"""Where the labelled pictures lie that are too many, or not free enough, for the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("VISIONHUB_SHARED") or Path(__file__).parents[2] / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout, or where `VISIONHUB_SHARED` says."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no shared data in {SHARED}: set VISIONHUB_SHARED")
    return SHARED
