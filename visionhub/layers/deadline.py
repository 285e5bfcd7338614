"""One clock: whatever the flow below wants done may take no longer than what is left."""

from __future__ import annotations

from dataclasses import dataclass

from visionhub.errors import TimeoutError, TransportError, VisionError
from visionhub.flow import Flow, until
from visionhub.handler import Handler
from visionhub.tasks import Call
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Deadline:
    """Raises `TimeoutError` once `seconds` have passed, or at once before a sleep that would pass them."""

    seconds: float

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""

        def passed() -> VisionError:
            return TimeoutError(f"The time limit of {self.seconds:g} s passed.", task=call.task)

        return until(self.seconds, inner(call), passed)


@dataclass(frozen=True, slots=True)
class Patience:
    """So many `seconds` for one try with one provider: past them it counts as not reached, and others have time left."""

    seconds: float

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""

        def passed() -> VisionError:
            return TransportError(
                f"{inner.name} did not answer within {self.seconds:g} s.",
                hint=f"Allow it more in [providers.{inner.name}] timeout, or ask another provider.",
                task=call.task,
            )

        # To load a vendor's client, at the first call, takes longer than some answers.
        return until(self.seconds, inner(call), passed, from_first=True)
