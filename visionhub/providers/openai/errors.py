"""OpenAI's codes: https://platform.openai.com/docs/guides/error-codes."""

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
from visionhub.faults import Codes
from visionhub.protocols import openai

CODES: Codes = {
    "invalid_api_key": AuthError, "account_deactivated": AuthError, "unsupported_country_region_territory": AuthError,
    "invalid_organization": AuthError, "insufficient_quota": QuotaError, "billing_hard_limit_reached": QuotaError,
    "billing_not_active": QuotaError, "rate_limit_exceeded": RateLimitError, "slow_down": RateLimitError,
    "model_not_found": ConfigError, "unsupported_model": ConfigError, "moderation_blocked": RefusedError,
    "content_policy_violation": RefusedError, "content_filter": RefusedError,
    "invalid_image_url": InputError, "invalid_image_format": InputError, "invalid_image": InputError, "image_too_large": InputError,
    "image_too_small": InputError, "image_parse_error": InputError, "invalid_base64_image": InputError, "empty_image_file": InputError,
    "unsupported_image_media_type": InputError, "image_content_policy_violation": RefusedError,
    "context_length_exceeded": InputError, "string_above_max_length": InputError, "unknown_parameter": InputError,
    "server_error": ProviderError, "vector_store_timeout": ProviderError,
}  # fmt: skip

refused = openai.refused("OpenAI")


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx."""
    return openai.refusal(CODES, status, body, headers)
