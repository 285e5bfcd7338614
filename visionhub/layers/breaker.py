"""Spares a provider that is down, and the callers the wait for it: for each task of its own.

    closed     everything passes; once half of the newest tries failed, it opens
    open       nothing passes for a while: `UnavailableError`, at once
    half-open  one call is let through: if it is answered the breaker closes, else it opens for twice as long

After Nygard, "Release It!", 2007.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from visionhub.errors import (
    AuthError,
    DecodeError,
    ProviderError,
    QuotaError,
    TimeoutError,
    TransportError,
    UnavailableError,
    VisionError,
)
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R

DOWN = (ProviderError, TransportError, TimeoutError, DecodeError, AuthError, QuotaError)
"""What says that the provider is not well. The others are the caller's, or `ratelimit`'s matter."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens when `share` of the newest `window` tries failed, but not before `least` of them did.

    It stays open for `pause` seconds at first and `longest` at most.
    """

    window: int = 20
    least: int = 5
    share: float = 0.5
    pause: float = 1.0
    longest: float = 30.0
    _circuits: dict[str, _Circuit] = field(default_factory=dict, repr=False)

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        circuit = self._circuits.get(call.task) or self._circuits.setdefault(call.task, _Circuit(self))
        wait = circuit.enter()
        if wait is not None:
            raise UnavailableError(
                f"{inner.name} was not asked: its last calls failed.",
                hint=f"It is tried again in {wait:.2g} s. `visionhub doctor` says what is wrong.",
                provider=inner.name,
                task=call.task,
                retry_after=wait,
            )
        went_well: bool | None = None
        try:
            result = yield from inner(call)
            went_well = True
        except VisionError as error:
            went_well = _says(error)
            raise
        else:
            return result
        finally:
            # A call that was cancelled says nothing.
            circuit.leave(went_well)

    def status(self) -> dict[str, Any]:
        """The state by task, and the thresholds."""
        limits = {name: getattr(self, name) for name in ("window", "least", "share", "pause", "longest")}
        return {"state": {task: circuit.state for task, circuit in self._circuits.items()}, **limits}


def _says(error: VisionError) -> bool | None:
    """Whether the provider is well. What ended without a word from it, or before it was asked, says nothing."""
    if isinstance(error, TimeoutError) and not error.attempts:
        # The time passed while the call waited for its turn here.
        return None
    return False if isinstance(error, DOWN) else None if error.status is None else True


class _Circuit:
    def __init__(self, limits: Breaker) -> None:
        self._limits = limits
        self._lock = Lock()
        self._failed: deque[bool] = deque(maxlen=limits.window)
        self._pause = limits.pause
        self._opens: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        if self._opens is None:
            return "closed"
        return "open" if time.monotonic() < self._opens and not self._probing else "half-open"

    def enter(self) -> float | None:
        """None for a call that may pass, else the seconds until one may."""
        if self.state == "closed":
            return None
        with self._lock:
            if self._opens is None:
                return None
            left = self._opens - time.monotonic()
            if left > 0 or self._probing:
                return max(left, 0.0)
            self._probing = True
            return None

    def leave(self, went_well: bool | None) -> None:
        """Takes how a call ended, None if nobody knows."""
        with self._lock:
            if self._opens is not None:
                self._judge(went_well)
            elif went_well is not None:
                self._failed.append(not went_well)
                failures = sum(self._failed)
                if failures >= max(self._limits.least, self._limits.share * len(self._failed)):
                    self._open()

    def _judge(self, went_well: bool | None) -> None:
        """Of a call that ended while it is open: the probe, or one that had begun before."""
        if went_well:
            self._opens, self._probing, self._pause = None, False, self._limits.pause
            self._failed.clear()
        elif self._probing:
            self._probing = False
            if went_well is False:
                self._pause = min(self._pause * 2, self._limits.longest)
                self._open()

    def _open(self) -> None:
        self._opens = time.monotonic() + self._pause
