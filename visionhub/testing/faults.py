"""What may go wrong with a vendor, and how each vendor says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Literal, TypeAlias, get_args

from visionhub.dialect import Incoming, Outgoing
from visionhub.errors import AuthError, ProviderError, RateLimitError, VisionError
from visionhub.gateway import Written, written
from visionhub.provider import Provider

Before: TypeAlias = Literal[
    "429", "500", "502", "503", "504", "expired", "skew", "lie_error", "lie_shape", "lie_html", "reset"
]
After: TypeAlias = Literal["reset_after", "stall", "stall_body", "truncated"]
Kind: TypeAlias = Before | After
BEFORE: tuple[Kind, ...] = get_args(Before)
AFTER: tuple[Kind, ...] = get_args(After)
SKEW_SECONDS = 900
# Where a vendor has a code for it; the others refuse the credentials as they always do.
CODES: Mapping[tuple[str, Kind], str] = {
    ("aws", "expired"): "ExpiredTokenException", ("aws", "skew"): "InvalidSignatureException",
    ("google", "expired"): "ACCESS_TOKEN_EXPIRED",
}  # fmt: skip
SHAPE = {"weather": "fine", "forecast": [{"day": 1, "degrees": 21.5}]}
HTML = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a `share` (0..1) of the requests from number `after` on and before number `until`, counted from 0.

    Nothing was computed, and nothing is billed:
    429          too many requests; `retry_after` in seconds, if it is told
    500 … 504    the vendor failed
    expired      the credentials have expired
    skew         the caller's clock is wrong: the signature is refused, and `Date` is 15 minutes off
    lie_error    HTTP 200, with a failure in it
    lie_shape    HTTP 200, with JSON that answers nothing that was asked
    lie_html     HTTP 200, with a page
    reset        the connection is reset

    The answer was computed, and is billed:
    reset_after  the connection is reset
    stall        nothing comes for `seconds`, then the answer
    stall_body   the head comes, and after `seconds` the body
    truncated    half of the body comes, then the end
    """

    kind: Kind
    share: float = 1.0
    retry_after: float | None = None
    seconds: float = 3.0
    after: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        known = (*BEFORE, *AFTER)
        if self.kind not in known:
            raise ValueError(f"There is no fault {self.kind!r}. There are: {', '.join(known)}.")

    @property
    def is_billed(self) -> bool:
        """Whether the answer was computed."""
        return self.kind in AFTER

    def holds(self, number: int) -> bool:
        """Whether it may befall the request of that number."""
        return self.after <= number and (self.until is None or number < self.until)


def told(fault: Fault, incoming: Incoming, provider: Provider | None) -> Written:
    """What comes instead of an answer, in the words of the vendor who was asked; None is a vendor whom nobody knows."""
    if fault.kind == "lie_html":
        return 200, {"content-type": "text/html", "content-length": str(len(HTML))}, HTML
    if fault.kind == "lie_shape":
        return written(Outgoing(SHAPE))
    code = CODES.get((provider.name if provider else "", fault.kind))
    said = _failure(_error(fault, code), incoming, provider)
    if fault.kind == "429" and fault.retry_after is not None:
        said = replace(said, headers={**said.headers, "retry-after": f"{fault.retry_after:g}"})
    if fault.kind == "skew":
        said = replace(said, headers={**said.headers, "date": formatdate(time.time() + SKEW_SECONDS, usegmt=True)})
    return written(replace(said, status=_status(fault, said)))


def _error(fault: Fault, code: str | None) -> VisionError:
    match fault.kind:
        case "429":
            return RateLimitError("Too many requests.", retry_after=fault.retry_after)
        case "expired":
            return AuthError("The credentials have expired.", code=code)
        case "skew":
            return AuthError("Signature expired.", code=code)
        case _:
            return ProviderError("The service is not available.")


def _status(fault: Fault, said: Outgoing) -> int:
    """The vendor's own for what it has a code for: AWS tells of too many requests with 400."""
    return 200 if fault.kind == "lie_error" else int(fault.kind) if fault.kind.startswith("5") else said.status


def _failure(error: VisionError, incoming: Incoming, provider: Provider | None) -> Outgoing:
    if provider is None or provider.dialect is None:
        return Outgoing({"error": error.message}, 503)
    return provider.dialect.failure(incoming, error)
