"""Clarifai's status codes, and where they stand in its answers: one about the request, and one about each of its inputs.

The codes: `clarifai_grpc/grpc/api/status/status_code.proto`.
"""

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
    UnsupportedError,
    VisionError,
)
from visionhub.kit.faults import Codes, fault

SUCCESS, MIXED, FAILURE = 10000, 10010, 10020
CODES: Codes = {
    "10030": ProviderError, "10040": UnsupportedError, "10050": ConfigError,
    # The account and its key.
    "11000": AuthError, "11001": AuthError, "11002": AuthError, "11003": QuotaError, "11004": QuotaError, "11005": RateLimitError,
    "11006": QuotaError, "11007": AuthError, "11008": AuthError, "11009": AuthError, "11100": InputError, "11101": ConfigError,
    "11102": InputError, "11103": ConfigError, "11104": AuthError, "11105": InputError, "11200": AuthError,
    # The model, and what runs it.
    "21201": AuthError, "21202": InputError, "21203": InputError, "21313": ProviderError, "21350": ProviderError,
    "21351": ProviderError, "21352": ProviderError, "21354": ProviderError, "21355": ProviderError, "25601": AuthError,
    "25602": InputError, "25603": InputError, "25604": ProviderError, "25607": ProviderError, "25608": ProviderError,
    # The picture.
    "30103": AuthError, "30210": ProviderError, "39996": ProviderError, "39997": ProviderError, "39998": ProviderError,
    # What is behind it all.
    "40001": InputError, "40002": InputError, "40003": InputError, "40004": InputError, "40033": InputError, "40036": ConfigError,
    "47103": InputError, "47104": InputError, "47105": InputError, "50001": AuthError, "60001": AuthError, "60002": AuthError,
    "60003": AuthError, "60004": AuthError, "60005": AuthError, "60006": QuotaError, "69000": QuotaError, "69001": QuotaError,
    "90400": InputError, "90500": ProviderError, "99003": InputError,
}  # fmt: skip
# By the thousands, for those that are not named above.
FAMILIES: Mapping[int, type[VisionError]] = {
    21: ConfigError, 22: ConfigError, 25: ConfigError, 30: InputError, 31: InputError, 39: InputError, 40: ProviderError,
    41: ProviderError, 43: ProviderError, 45: ProviderError, 47: ProviderError, 98: ProviderError, 99: ProviderError,
}  # fmt: skip
HINTS: Mapping[str, str] = {
    "11007": "Give the personal access token the scope to predict.",
    "21200": "Check the model's name, `user/app/model`: Clarifai takes models away without notice.",
    "21202": "Check the model's options: names in `labels` must be the model's own, letter by letter.",
    "21353": "Deploy the model, or ask another one.",
    "30002": "Check the picture.",
    "50001": "Accept Clarifai's terms for faces in your account.",
}


def failed(
    status: Mapping[str, Any],
    *,
    http: int | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
) -> VisionError:
    """The error for a `status` that is none of success."""
    code = str(status.get("code") or "")
    message = ": ".join(str(status[name]) for name in ("description", "details") if status.get(name))
    family = FAMILIES.get(int(code) // 1000) if code.isdecimal() else None
    return fault(
        {code: family, **CODES} if family else CODES,
        code=code or None,
        status=http,
        message=message,
        headers=headers,
        request_id=status.get("req_id") or request_id,
        hint=HINTS.get(code),
    )


def refusal(http: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx. Where all inputs failed, that of the first tells why."""
    said = body if isinstance(body, dict) else {}
    status = said.get("status")
    if not isinstance(status, dict):
        return failed({}, http=http, headers=headers)
    request_id = status.get("req_id")
    if status.get("code") == FAILURE:
        outputs = said.get("outputs") or [{}]
        status = outputs[0].get("status") or status
    return failed(status, http=http, headers=headers, request_id=request_id)
