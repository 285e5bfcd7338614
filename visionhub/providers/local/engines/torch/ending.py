"""The end of the process: a daemon thread that is cut off inside PyTorch takes the whole process down, so such work is waited for."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Event
from typing import Final

PATIENCE: Final = 30.0
"""Seconds. Work that takes steps stops at the next one."""


class Ending:
    """Knows what is at work, and whether the process is about to end."""

    def __init__(self) -> None:
        self._turn = Condition()
        self._at_work = 0
        self.is_near = False
        atexit.register(self._end)
        os.register_at_fork(after_in_child=self._forget)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Around what must not be cut off. Once the end is near nothing begins any more: the thread stays here."""
        with self._turn:
            is_late = self.is_near
            self._at_work += not is_late
        if is_late:
            Event().wait()
        try:
            yield
        finally:
            with self._turn:
                self._at_work -= 1
                self._turn.notify_all()

    def _end(self) -> None:
        with self._turn:
            self.is_near = True
            self._turn.wait_for(lambda: not self._at_work, PATIENCE)

    def _forget(self) -> None:
        # The threads of the parent are not here.
        self._turn, self._at_work = Condition(), 0


ENDING: Final = Ending()
