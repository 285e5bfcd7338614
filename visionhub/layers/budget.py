"""Your own spending limits: the price of a request is booked before it is sent and settled when its answer is there.

A request whose outcome nobody knows stays booked: the provider may have charged for it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from visionhub.errors import BudgetError, VisionError
from visionhub.flow import Flow, compute
from visionhub.handler import Handler
from visionhub.ledger import Booking, Ledger
from visionhub.tasks import Call
from visionhub.tasks.base import R

log = logging.getLogger("visionhub")


@dataclass(frozen=True, slots=True)
class Budget:
    """Raises `BudgetError` before a request that would pass a limit; all in USD, None for no limit.

    per_call  for one request to one provider
    assumed   booked for a request whose price nobody knows beforehand; None: such requests are refused
    """

    ledger: Ledger
    daily: float | None = None
    monthly: float | None = None
    per_call: float | None = None
    assumed: float | None = None

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        capability = inner.capability(call.task, call.model)
        known = capability.cost(call) if capability else 0.0
        usd = self.assumed if known is None else known
        if usd is None:
            raise _beyond(inner, call, f"Nobody knows beforehand what {inner.name} charges for {call.task}.", UNKNOWN)
        if usd == 0.0:
            return (yield from inner(call))
        if self.per_call is not None and usd > self.per_call:
            said = (
                f"{inner.name} charges {usd:g} USD for this {call.task}, more than the {self.per_call:g} USD allowed."
            )
            raise _beyond(inner, call, said, "Raise per_call_usd in [budget], or ask a cheaper provider.")
        hold = _Hold(self.ledger)
        try:
            booking = yield from compute(lambda: hold.reserve(inner.name, call.task, usd, self.daily, self.monthly))
        except BaseException:
            hold.drop()
            raise
        if booking is None:
            said = f"Another {usd:g} USD for {inner.name} would pass the budget: {self._limits()}."
            raise _beyond(inner, call, said, "Wait, raise [budget], or ask a provider that costs nothing: local.")
        try:
            result = yield from inner(call)
        except VisionError as error:
            if error.billed is False:
                yield from self._settled(booking, 0.0)
            raise
        if (cost := result.usage.cost_usd) is not None and cost != usd:
            yield from self._settled(booking, cost)
        return result

    def _settled(self, booking: Booking, usd: float) -> Flow[None]:
        try:
            yield from compute(lambda: self.ledger.settle(booking, usd))
        except VisionError as error:
            # An answer that is paid for is not lost to the books, nor the next provider: it stays booked as it was.
            log.warning("What %s charged could not be settled: %s", booking.provider, error.message)

    def status(self) -> dict[str, Any]:
        """The limits, and what is booked."""
        spent = self.ledger.spent()
        limits = {"daily_usd": self.daily, "monthly_usd": self.monthly, "per_call_usd": self.per_call}
        return {**limits, "today_usd": spent.today, "month_usd": spent.month}

    def _limits(self) -> str:
        named = {"a day": self.daily, "a month": self.monthly}
        return " and ".join(f"{usd:g} USD {word}" for word, usd in named.items() if usd is not None)


class _Hold:
    """A booking while it is made: nothing is sent yet, so if the call ends meanwhile, whoever comes second gives it back."""

    def __init__(self, book: Ledger) -> None:
        self._ledger = book
        self._lock = Lock()
        self._booking: Booking | None = None
        self._dropped = False

    def reserve(self, *asked: Any) -> Booking | None:
        """See `Ledger`."""
        booking = self._ledger.reserve(*asked)
        with self._lock:
            self._booking, dropped = booking, self._dropped
        if dropped:
            self.drop()
        return booking

    def drop(self) -> None:
        """Gives back what is booked, or what will be."""
        with self._lock:
            self._dropped = True
            booking, self._booking = self._booking, None
        if booking:
            with suppress(VisionError):
                self._ledger.settle(booking, 0.0)


UNKNOWN = "Set its price in [providers.…] price, or assumed_usd in [budget]."


def _beyond(inner: Handler, call: Call[Any], said: str, hint: str) -> BudgetError:
    return BudgetError(said, hint=hint, provider=inner.name, task=call.task)
