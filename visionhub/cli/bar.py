"""The progress bar for many pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Rate(ProgressColumn):
    """Pictures a second, or seconds a picture."""

    def render(self, task: Task) -> Text:
        """See `ProgressColumn`."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each", style="cyan")


@contextmanager
def bar(console: Console, total: int) -> Iterator[Callable[[bool], None]]:
    """What it gives is called after each picture, with whether that failed."""
    progress = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}", style="red"),
        console=console,
        transient=True,
        # Answers may go to a pipe while this goes to a terminal.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    task = progress.add_task("", total=total, failures="")
    failures = 0

    def moved(failed: bool) -> None:
        nonlocal failures
        failures += failed
        progress.start()
        progress.update(task, advance=1, failures=f"{failures} failed" if failures else "")

    try:
        yield moved
    finally:
        progress.stop()
