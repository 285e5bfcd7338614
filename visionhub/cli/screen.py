"""The two streams: answers on stdout, everything about them on stderr; and a progress bar that is in nobody's way.

On a terminal there are colours, and tables fit its width. Anywhere else there is plain text, as wide as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from visionhub.errors import VisionError

if TYPE_CHECKING:
    from collections.abc import Callable

UNBOUNDED = 100_000


class Screen:
    """Both streams of this process, as they are when it is made."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            # A character that the stream's encoding lacks must not stop the answers that follow.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self._err = _console(sys.stderr)
        self._out = _console(sys.stdout)

    @property
    def is_colored(self) -> bool:
        """Whether answers are shown in colour."""
        return self._out.color_system is not None and not self._out.no_color

    def show(self, *parts: RenderableType) -> None:
        """Answers, to be read."""
        for part in parts:
            if sys.stdout.isatty():
                self._out.print(part)
            else:
                self.write(_lines(self._out, part))

    def write(self, line: str) -> None:
        """An answer, exactly so, as a line of its own. It is there when this returns, whatever happens next."""
        if self._out is self._err:
            self._out.print(line, soft_wrap=True)
        else:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def fail(self, error: VisionError) -> None:
        """An error: what it is about, what happened, what was tried, what to do."""
        self._say("error", "bold red", error.source, error.message)
        if len(error.attempts) > 1:
            for attempt in error.attempts:
                self.tell(f"       {attempt.provider}: {attempt.reason or attempt.outcome}")
        if error.hint:
            self.tell(f"       {error.hint}")

    def warn(self, source: str | None, message: str) -> None:
        """Something to know about an answer that is nevertheless good."""
        self._say("warning", "yellow", source, message)

    def tell(self, text: str) -> None:
        """A line on stderr."""
        self._err.print(Text(printable(text)), soft_wrap=True)

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[bool], None]]:
        """A bar with rate and remaining time, if there are several and somebody watches; what it gives is told of each that is done.

        It appears with the first answer: before that there is no rate, and weights may still be on their way.
        """
        if total < 2 or not sys.stderr.isatty():  # one needs no bar
            yield lambda failed: None  # noqa: ARG005
            return
        from visionhub.cli.bar import bar

        plain = self._out
        with bar(self._err, total) as moved:
            # Where both streams are one terminal, answers have to be printed above the bar, by whoever draws it.
            self._out = self._err if sys.stdout.isatty() else plain
            try:
                yield moved
            finally:
                self._out = plain

    def _say(self, kind: str, style: str, source: str | None, message: str) -> None:
        about = "" if source is None or source in message else f"{source}: "
        self._err.print(Text.assemble((f"{kind}: ", style), printable(f"{about}{message}")), soft_wrap=True)


def table(first: str, *others: str, left: Sequence[str] = (), titled: bool = True) -> Table:
    """A table without lines: names to the left, numbers to the right."""
    rows = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, show_header=titled
    )
    rows.add_column(first, overflow="fold")
    for name in others:
        rows.add_column(name, justify="left" if name in left else "right", overflow="fold")
    return rows


def plain(part: RenderableType) -> str:
    """Lines of text, without colours, as wide as they are."""
    return _lines(_console(StringIO()), part)


def printable(text: str) -> str:
    """`text` with control characters spelt out: a file's name or a picture's text must not steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def _lines(console: Console, part: RenderableType) -> str:
    with console.capture() as captured:
        console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().split("\n")[:-1])


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else UNBOUNDED
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
