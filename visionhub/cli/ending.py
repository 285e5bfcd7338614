"""How a command ends: exit codes, errors in one line, Ctrl-C at once, and silence when nobody reads on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from visionhub.cli import INTERRUPTED
from visionhub.cli.screen import Screen
from visionhub.errors import VisionError

OK, FAILED, USAGE = 0, 1, 2
# What a shell reports for programs that a closed pipe ends: 128 + SIGPIPE.
UNREAD = 141
SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def ending(debug: bool) -> Iterator[None]:
    """Around every command. An error that reaches this point concerns the whole command: nothing has been asked."""
    try:
        yield
        sys.stdout.flush()
    except (typer.Exit, typer.Abort):
        raise
    except VisionError as error:
        if debug:
            raise
        Screen().fail(error)
        raise typer.Exit(USAGE) from None
    except BrokenPipeError:
        _leave(UNREAD)
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write(f"{SHOW_CURSOR}\n")
        sys.stderr.write("Stopped. What was finished is kept.\n")
        _leave(INTERRUPTED)
    except Exception as error:
        # Usage errors are typer's to show, and derive from no class that it makes public.
        if debug or hasattr(error, "exit_code"):
            raise
        reason = str(error).partition("\n")[0] or "no reason given"
        Screen().tell(
            f"internal error: {type(error).__name__}: {reason}. Run it with --debug to see where, and report it."
        )
        raise typer.Exit(FAILED) from None


def _leave(code: int) -> NoReturn:
    """Ends the process without waiting for models that still run in threads: they hold nothing that has to be put away."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
