"""Small models with random weights, saved as `transformers` saves them, and read back the way every model is."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra torch is not installed")
pytest.importorskip("transformers", reason="the extra torch is not installed")
