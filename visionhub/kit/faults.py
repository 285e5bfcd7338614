"""From a vendor's word for what went wrong to one of our errors: by its code first, since its status may lie, then by its status."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from visionhub.errors import (
    AuthError,
    BudgetError,
    ConfigError,
    DecodeError,
    InputError,
    PrivacyError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedError,
    TimeoutError,
    TransportError,
    UnavailableError,
    UnsupportedError,
    VisionError,
)

Codes: TypeAlias = Mapping[str, type[VisionError]]

STATUSES: Mapping[int, type[VisionError]] = {
    400: InputError, 401: AuthError, 402: QuotaError, 403: AuthError, 404: ConfigError, 405: ConfigError, 408: ProviderError,
    409: ProviderError, 410: ConfigError, 411: InputError, 413: InputError, 415: InputError, 422: InputError, 429: RateLimitError,
}  # fmt: skip
_BACK: Mapping[type[VisionError], int] = {
    InputError: 400, UnsupportedError: 400, RefusedError: 400, PrivacyError: 400, AuthError: 401, QuotaError: 429, BudgetError: 429,
    RateLimitError: 429, ConfigError: 500, DecodeError: 502, TransportError: 502, TimeoutError: 504, ProviderError: 503,
    UnavailableError: 503,
}  # fmt: skip
HINTS: Mapping[type[VisionError], str] = {
    AuthError: "Check the key, its rights and its region: `visionhub doctor`.",
    ConfigError: "Check the model, the endpoint and the region in the provider's options.",
    InputError: "Check the picture and the options of the call.",
    QuotaError: "Raise the account's quota or its balance, or ask another provider.",
    RateLimitError: "Ask more slowly, or raise the account's limit.",
    ProviderError: "Try again later, or ask another provider.",
}
LONGEST = 300
SECRET = re.compile(r"\bsk-\S+|\bkey=\S+|\bBearer \S{8,}|[A-Za-z0-9+/_=-]{32,}")


def fault(
    codes: Codes,
    *,
    code: str | None = None,
    status: int | None = None,
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
    hint: str | None = None,
) -> VisionError:
    """The error for a vendor's `code` and HTTP `status`, whichever of them is known, with its `message` made safe to show.

    An unknown code counts as nothing; an unknown status is the caller's fault from 400 to 499, the endpoint's from 300 to 399, and
    otherwise the provider's.
    """
    kind = codes.get(code or "") or STATUSES.get(status or 0)
    if kind is None:
        kind = (
            InputError if 400 <= (status or 0) < 500 else ConfigError if 300 <= (status or 0) < 400 else ProviderError
        )
    words = shown(message) or (f"HTTP status {status}" if status else "no reason was given")
    return kind(
        f"The provider said: {words.rstrip('.')}.",
        hint=hint or HINTS.get(kind),
        code=code or None,
        status=status,
        request_id=request_id,
        retry_after=retry_after(headers or {}),
    )


def shown(message: str | None) -> str:
    """A vendor's message as one short line, without what may be a key or a picture."""
    line = " ".join((message or "").split())
    if line.startswith("<"):
        # A gateway's page in HTML says nothing to the caller.
        return ""
    return SECRET.sub("…", line)[:LONGEST]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the answer's headers say: `retry-after-ms`, or `retry-after` in seconds or as a date."""
    known = {name.lower(): value for name, value in headers.items()}
    try:
        if "retry-after-ms" in known:
            return max(0.0, float(known["retry-after-ms"]) / 1000)
        if value := known.get("retry-after"):
            if value.replace(".", "", 1).isdigit():
                return float(value)
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
    return None


def status_of(error: VisionError) -> int:
    """The HTTP status under which a server that speaks a vendor's dialect tells an error."""
    return _BACK.get(type(error), 500)
