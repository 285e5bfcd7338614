"""OpenCV's dnn module: nets that only one thread may run at a time, and a pool that sees to it."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cv2.dnn


def classic_onnx(path: Path) -> cv2.dnn.Net:
    """A net of an ONNX file in OpenCV's older engine, which OpenCV 5 still has beside its new one."""
    import cv2

    engine = (cv2.dnn.ENGINE_CLASSIC,) if hasattr(cv2.dnn, "ENGINE_CLASSIC") else ()
    return cv2.dnn.readNetFromONNX(str(path), *engine)


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
