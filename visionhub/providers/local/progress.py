"""How far a download is, on a terminal that is watched: a bar if `rich` is there, else nothing."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_lock = threading.Lock()
_bars: dict[str, tuple[Progress, TaskID]] = {}


def show(name: str, done: int, total: int) -> None:
    """Moves the bar of `name`, and takes it away when it is full."""
    if not sys.stderr.isatty():
        return
    with _lock:
        if name not in _bars and (bar := _bar(name, total)):
            _bars[name] = bar
        if name in _bars:
            progress, task = _bars[name]
            progress.update(task, completed=done)
            if done >= total:
                progress.stop()
                del _bars[name]


def _bar(name: str, total: int) -> tuple[Progress, TaskID] | None:
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
        return None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    progress.start()
    return progress, progress.add_task(name, total=total)
