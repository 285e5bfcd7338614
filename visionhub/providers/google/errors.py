"""Google's errors: by their reason, then by their canonical status, in an answer's body or inside one of HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.errors import (
    AuthError,
    ConfigError,
    InputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedError,
    VisionError,
)
from visionhub.kit.faults import Codes, fault

# https://cloud.google.com/apis/design/errors and google.rpc.Code
NUMBERS = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
    "UNAUTHENTICATED",
)  # fmt: skip
CODES: Codes = {
    "API_KEY_INVALID": AuthError, "API_KEY_SERVICE_BLOCKED": AuthError, "API_KEY_HTTP_REFERRER_BLOCKED": AuthError,
    "API_KEY_IP_ADDRESS_BLOCKED": AuthError, "ACCESS_TOKEN_EXPIRED": AuthError, "CREDENTIALS_MISSING": AuthError,
    "CONSUMER_INVALID": AuthError, "IAM_PERMISSION_DENIED": AuthError, "SERVICE_DISABLED": ConfigError,
    "BILLING_DISABLED": QuotaError, "RATE_LIMIT_EXCEEDED": RateLimitError, "RESOURCE_QUOTA_EXCEEDED": QuotaError,
    "LOCATION_POLICY_VIOLATED": ConfigError,
    "INVALID_ARGUMENT": InputError, "OUT_OF_RANGE": InputError, "UNAUTHENTICATED": AuthError, "PERMISSION_DENIED": AuthError,
    "NOT_FOUND": ConfigError, "FAILED_PRECONDITION": ConfigError, "UNIMPLEMENTED": ConfigError,
    "RESOURCE_EXHAUSTED": RateLimitError, "CANCELLED": ProviderError, "UNKNOWN": ProviderError, "INTERNAL": ProviderError,
    "UNAVAILABLE": ProviderError, "ABORTED": ProviderError, "DATA_LOSS": ProviderError, "DEADLINE_EXCEEDED": ProviderError,
    "ALREADY_EXISTS": ProviderError,
}  # fmt: skip


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx. Gemini's may come as a list of one."""
    said = body[0] if isinstance(body, list) and body else body
    error = said.get("error") if isinstance(said, dict) else None
    return failure(error if isinstance(error, dict) else {}, status, headers)


def failure(
    said: Mapping[str, Any],
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
) -> VisionError:
    """The error for a `google.rpc.Status`, with its names or its numbers."""
    listed = said.get("details")
    details = [detail for detail in listed if isinstance(detail, dict)] if isinstance(listed, list) else []
    reasons = [reason for detail in details if (reason := _word(detail, "reason")) in CODES]
    code = reasons[0] if reasons else _word(said, "status") or _named(said.get("code"))
    message = _word(said, "message")
    error = fault(CODES, code=code, status=status, message=message, headers=headers, request_id=request_id)
    # A `google.protobuf.Duration`, as `3.5s`.
    waits = [wait for detail in details if (wait := _word(detail, "retryDelay") or "").endswith("s")]
    if error.retry_after is None and waits and waits[0][:-1].replace(".", "", 1).isdigit():
        error.retry_after = float(waits[0][:-1])
    return error


def _word(said: Mapping[str, Any], name: str) -> str | None:
    """A member of an answer that failed, if it is text: even such an answer may be broken."""
    value = said.get(name)
    return value if isinstance(value, str) else None


def _named(number: Any) -> str | None:
    """The name of a gRPC code; HTTP's statuses stand in the same place."""
    return NUMBERS[number] if isinstance(number, int) and 0 < number < len(NUMBERS) else None


def refused(reason: str, request_id: str | None) -> RefusedError:
    """Gemini's answer that holds none, but why."""
    return RefusedError(f"Gemini refused: {reason}.", code=reason, hint="Change the prompt.", request_id=request_id)
