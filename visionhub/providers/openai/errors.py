"""OpenAI's codes: https://platform.openai.com/docs/guides/error-codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.errors import AuthError, ConfigError, InputError, QuotaError, RateLimitError, RefusedError, VisionError
from visionhub.kit import openai
from visionhub.kit.faults import Codes

CODES: Codes = {
    **openai.FAILED,
    "invalid_api_key": AuthError, "account_deactivated": AuthError, "unsupported_country_region_territory": AuthError,
    "invalid_organization": AuthError, "authentication_error": AuthError, "permission_error": AuthError,
    "insufficient_quota": QuotaError, "billing_hard_limit_reached": QuotaError, "billing_not_active": QuotaError,
    "slow_down": RateLimitError, "rate_limit_error": RateLimitError, "tokens": RateLimitError, "requests": RateLimitError,
    "model_not_found": ConfigError, "unsupported_model": ConfigError,
    "moderation_blocked": RefusedError, "content_policy_violation": RefusedError, "content_filter": RefusedError,
    "invalid_image_file": InputError, "context_length_exceeded": InputError, "string_above_max_length": InputError,
    "unknown_parameter": InputError,
}  # fmt: skip

refused = openai.refused("OpenAI")


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx."""
    return openai.refusal(CODES, status, body, headers)
