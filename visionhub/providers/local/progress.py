"""How far a download is, on a terminal that is watched: a bar if `rich` is there, else nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_shown = threading.Lock()


@contextmanager
def show(name: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar as long as the block lasts; what it gives is told the bytes so far. Beside another bar it stays hidden."""
    if sys.stderr is None or not sys.stderr.isatty() or not _shown.acquire(blocking=False):
        yield silent
        return
    try:
        with _bar(name, total) as moved:
            yield moved
    finally:
        _shown.release()


def silent(done: int) -> None:
    """Tells nobody."""
    del done


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], object]]:
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
    except ImportError:
        yield silent
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda done: progress.update(task, completed=done)
