"""The command line: `visionhub TASK PICTURE...`, and what it takes to set it up.

app.py       the program and its commands        tasks.py     what each task's command asks
options.py   options that commands share         inputs.py    what names pictures
answer.py    asks, and delivers every answer     save.py      writes annotated pictures
tables.py    answers to be read by people        screen.py    the two streams
ending.py    exit codes, errors, Ctrl-C          bar.py       the progress bar
models.py, providers.py, doctor.py, demo.py       one command each; page.py is the demo's page

Nothing here is imported by the library; `typer` and `rich` come with `visionhub[cli]`.
"""

from __future__ import annotations

import sys
import warnings

INTERRUPTED = 130
MISSING = "The command line is not installed. Add it with: pip install 'visionhub[cli]'\n"


def main() -> None:
    """Runs the program with the arguments of this process, and exits: 0 all good, 1 something failed, 2 usage."""
    try:
        try:
            import rich  # noqa: F401
            import typer  # noqa: F401
        except ImportError:
            sys.stderr.write(MISSING)
            sys.exit(2)
        from visionhub.cli.app import app

        # What libraries say to programmers, about a picture's odd metadata for one, helps nobody here.
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        app(prog_name="visionhub")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
