"""Another clock for some modules. The process's own stays: what runs in other threads, a server's event loop, sleeps by it."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest


def set_clock(monkeypatch: pytest.MonkeyPatch, monotonic: Callable[[], float], *modules: str) -> None:
    """`time.monotonic` is `monotonic` in these modules alone."""
    other = SimpleNamespace(**{name: getattr(time, name) for name in dir(time)} | {"monotonic": monotonic})
    for name in modules:
        monkeypatch.setattr(importlib.import_module(name), "time", other)
