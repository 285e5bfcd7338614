"""OpenCV's dnn module: nets that only one thread may run at a time, and a pool that sees to it."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cv2.dnn


class NetPool:
    """Up to `size` copies of one net, made when they are needed. More callers than copies wait for each other."""

    def __init__(self, make: Callable[[], cv2.dnn.Net], size: int | None = None) -> None:
        self._make = make
        self._free: queue.LifoQueue[cv2.dnn.Net] = queue.LifoQueue()
        self._places = threading.Semaphore(size or os.cpu_count() or 1)

    @contextmanager
    def borrowed(self) -> Iterator[cv2.dnn.Net]:
        """A net for this thread alone."""
        with self._places:
            try:
                net = self._free.get_nowait()
            except queue.Empty:
                net = self._make()
            try:
                yield net
            finally:
                self._free.put(net)
