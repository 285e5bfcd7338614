"""Loaded models, as many as fit into a memory budget: those used least recently make room."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, Final, Generic, Protocol, TypeVar

from visionhub.errors import ConfigError, VisionError

INTERRUPTED: Final = ConfigError("Whoever loaded the model was interrupted.", hint="Ask again.")
# Seconds that one without room waits while others, used without a pause, keep theirs.
PATIENCE = 1.0


class Sized(Protocol):
    """Something that takes memory."""

    @property
    def bytes(self) -> int:
        """Of memory."""
        ...

    def close(self) -> None:
        """Lets go of it, once nobody uses it any more."""
        ...


M = TypeVar("M", bound=Sized)


@dataclass(slots=True, eq=False)
class _Place(Generic[M]):
    made: Future[M] = field(default_factory=Future)
    bytes: int = 0
    users: int = 0


class Shelf(Generic[M]):
    """Things by key, each made once, whoever asks first; never more than `budget` bytes of them together.

    What is in use stays: one that needs its room waits until it is given back. If that takes long, the others are not given out
    again until it has its room.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._free = Condition()
        self._places: OrderedDict[Hashable, _Place[M]] = OrderedDict()
        self._waiting: dict[_Place[M], float] = {}

    @property
    def bytes(self) -> int:
        """What is there, or being made."""
        with self._free:
            return sum(place.bytes for place in self._places.values())

    def take(self, key: Hashable, size: Callable[[], int], make: Callable[[], M]) -> M:
        """The one of that key, made if need be; `size` tells beforehand how large it will be. Followed by `give_back`, always.

        Raises what `size` or `make` raise, to all who wait for it; the next one tries anew. Raises `ConfigError` for one
        that is larger than the budget.
        """
        with self._free:
            self._free.wait_for(lambda: key not in self._places or not self._is_one_starving())
            is_first = key not in self._places
            place = self._places.setdefault(key, _Place())
            place.users += 1
            self._places.move_to_end(key)
        if is_first:
            try:
                self._make_room(place, size())
                made = make()
            except BaseException as error:
                with self._free:
                    if self._places.get(key) is place:
                        del self._places[key]
                    self._free.notify_all()
                place.made.set_exception(error if isinstance(error, Exception) else INTERRUPTED.again())
                raise
            with self._free:
                place.bytes = made.bytes
            place.made.set_result(made)
            self._evict()
            return made
        try:
            return place.made.result()
        except VisionError as error:
            raise error.again() from error

    def give_back(self, key: Hashable, taken: M) -> None:
        """Says that what was taken is no longer in use."""
        with self._free:
            place = self._places.get(key)
            # After `clear` another one may have that key.
            if place and place.made.done() and place.made.result() is taken:
                place.users -= 1
                self._free.notify_all()

    def clear(self) -> None:
        """Forgets all of them."""
        with self._free:
            gone = [place.made.result() for place in self._places.values() if _is_made(place)]
            self._places.clear()
            self._free.notify_all()
        for made in gone:
            made.close()

    def _make_room(self, place: _Place[M], needed: int) -> None:
        with self._free:
            if needed > self.budget:
                raise ConfigError(
                    f"The model needs {needed / 1e9:.2f} GB of memory, more than the {self.budget / 1e9:.2f} GB allowed.",
                    hint="Raise memory_gb in [providers.local] if there is more, or choose a smaller model or precision.",
                )
            self._waiting[place] = time.monotonic()
            try:
                while sum(other.bytes for other in self._places.values()) + needed > self.budget:
                    if not self._evict_one():
                        self._free.wait()
            finally:
                del self._waiting[place]
                self._free.notify_all()
            place.bytes = needed

    def _is_one_starving(self) -> bool:
        return any(time.monotonic() - since > PATIENCE for since in self._waiting.values())

    def _evict(self) -> None:
        """Makes up for one that became larger than it said."""
        with self._free:
            while sum(place.bytes for place in self._places.values()) > self.budget and self._evict_one():
                pass

    def _evict_one(self) -> bool:
        for key, place in self._places.items():
            if not place.users and _is_made(place):
                del self._places[key]
                place.made.result().close()
                return True
        return False


def _is_made(place: _Place[Any]) -> bool:
    return place.made.done() and not place.made.exception()
