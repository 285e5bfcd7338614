"""A process that pulls, and is killed: `python -m tests.local.killed lines|once WHEELS INDEX_URL FOLDER`.

lines    forks a child for each line of the store's code that a pull runs, and another for the second time that it runs; kills the
         child (SIGKILL) as it comes to that line, looks at what is left, and pulls again; prints how many were killed
once     pulls, telling on its standard output that it begins
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from tests.local import wheel
from visionhub.providers.local import connection, download, index, weights
from visionhub.providers.local.cards import Card, all_cards
from visionhub.providers.local.weights import WeightsStore

TIMES = 2
CODE = {module.__file__ for module in (connection, download, index, weights)}


def pull_and_die(store: WeightsStore, card: Card, last: int) -> None:
    """Ends the process: killed as it comes to a line for the first or second time, the `last` such line; or after a whole pull."""
    lines = count(1)
    runs: Counter[tuple[str, int]] = Counter()

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        del arg
        if frame.f_code.co_filename not in CODE:
            return None
        if event == "line":
            line = (frame.f_code.co_filename, frame.f_lineno)
            runs[line] += 1
            if runs[line] <= TIMES and next(lines) == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    try:
        sys.settrace(trace)
        store.ensure(card)
    finally:
        sys.settrace(None)
        os._exit(0 if not store.verify(card) else 1)


def kill_at_every_line(store: WeightsStore, card: Card) -> int:
    whole = {".lock", *(weights.filename for weights in card.files.values())}
    for last in count(1):
        if not (pid := os.fork()):
            pull_and_die(store, card, last)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return last - 1
        assert os.WTERMSIG(status) == signal.SIGKILL
        wrong = {store.folder / weights.filename for weights in store.verify(card)}
        assert not any(path.exists() for path in wrong), "what is there is not whole"
        store.ensure(card)
        assert store.verify(card) == [], "the next pull did not succeed"
        # A download that was unpacked already stays until something else is pulled.
        if {path.name for path in store.folder.iterdir()} > whole:
            store.paths(card)["labels"].unlink()
            store.ensure(card)
        assert {path.name for path in store.folder.iterdir()} == whole
        store.remove(card)
    raise AssertionError


if __name__ == "__main__":
    what, wheels, index_url, folder = sys.argv[1:]
    wheel.publish(Path(wheels))
    chosen = all_cards()["tiny-a"]
    chosen_store = WeightsStore(Path(folder), index_url=index_url)
    if what == "lines":
        sys.stdout.write(f"{kill_at_every_line(chosen_store, chosen)} killed\n")
    else:
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        chosen_store.ensure(chosen)
        sys.stdout.write(f"{len(chosen_store.verify(chosen))} wrong\n")
