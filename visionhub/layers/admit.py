"""Whether a provider may be asked at all: it is refused, with the reason, before anything is done for it.

Another provider stands in only if its answer *means the same*: it offers the task, takes every option that changes the meaning, fills
what is required, and knows the labels that are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from visionhub.errors import PrivacyError, UnsupportedError, VisionError
from visionhub.flow import Flow
from visionhub.handler import Handler
from visionhub.privacy import PrivacyPolicy, refusal
from visionhub.tasks import Attempt, Call
from visionhub.tasks.base import R


@dataclass(frozen=True, slots=True)
class Admit:
    """`require` names fields of the answer, as in `Capability.fields`; `offline` refuses whoever needs the network."""

    require: tuple[str, ...] = ()
    policies: tuple[PrivacyPolicy, ...] = ()
    offline: bool = False

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`."""
        if refused := self._refused(call, inner):
            refused.locate(provider=inner.name, task=call.task)
            attempt = Attempt(
                provider=inner.name, outcome="refused", latency_ms=0.0, cost_usd=0.0, reason=refused.message
            )
            refused.attempts = (attempt,)
            raise refused
        return (yield from inner(call))

    def _refused(self, call: Call[Any], inner: Handler) -> VisionError | None:
        if self.offline and inner.is_remote:
            return UnsupportedError(
                f"visionhub is offline, and {inner.name} would need the network.", hint="Use local."
            )
        for policy in self.policies:
            if reason := refusal(policy, call, inner):
                return PrivacyError(reason, hint="Ask a provider that the route's privacy policy allows: local.")
        capability = inner.capability(call.task, call.model)
        if capability is None:
            # The provider itself says why, and who does.
            return None
        if missing := sorted(set(self.require) - set(capability.fields)):
            return UnsupportedError(
                f"{inner.name} does not fill {' and '.join(missing)} for {call.task}, which the route requires.",
                hint="`visionhub providers NAME` lists what it fills.",
            )
        try:
            capability.check(call, inner.name)
        except UnsupportedError as error:
            return error
        return None
