"""At most so many calls of a provider under way at a time; the others wait for their turn, in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from visionhub.flow import Flow, Wait, promise
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(frozen=True, slots=True)
class Concurrency:
    """See the module."""

    most: int
    _gate: _Gate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gate", _Gate(self.most))

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        turn = self._gate.enter()
        try:
            if turn is not None:
                yield Wait(turn)
        except BaseException:
            self._gate.abandon(turn)
            raise
        try:
            return (yield from inner(call))
        finally:
            self._gate.leave()

    def status(self) -> dict[str, Any]:
        """How many may be under way, are, and wait."""
        return {"most": self.most, "under_way": self._gate.inside, "waiting": len(self._gate.waiting)}


class _Gate:
    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self.inside = 0
        self.waiting: deque[Future[None]] = deque()

    def enter(self) -> Future[None] | None:
        """None for one that is in, else what to wait for."""
        with self._lock:
            if self.inside < self._most:
                self.inside += 1
                return None
            turn: Future[None] = promise()
            self.waiting.append(turn)
            return turn

    def leave(self) -> None:
        """Lets the next one in."""
        with self._lock:
            if self.waiting:
                self.waiting.popleft().set_result(None)
            else:
                self.inside -= 1

    def abandon(self, turn: Future[None] | None) -> None:
        """Of one that waits no longer: its turn, if it came meanwhile, is the next one's."""
        with self._lock:
            if turn is not None and turn in self.waiting:
                self.waiting.remove(turn)
                return
        self.leave()
