"""Azure's codes: the inner one says most."""

from __future__ import annotations

import re
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
    UnsupportedError,
    VisionError,
)
from visionhub.kit import openai
from visionhub.kit.faults import Codes, fault

CODES: Codes = {
    # Image Analysis
    "InvalidImageFormat": InputError, "InvalidImageSize": InputError, "InvalidImageUrl": InputError, "InvalidImageDimension": InputError,
    "InvalidImage": InputError, "BadArgument": InputError, "NotSupportedImage": InputError, "NotSupportedLanguage": UnsupportedError,
    "NotSupportedVisualFeature": UnsupportedError, "NotSupportedFeature": UnsupportedError, "InvalidRequest": InputError,
    "InvalidRequestContent": InputError, "InvalidRequestBody": InputError, "UnsupportedMediaType": InputError,
    # Face: https://learn.microsoft.com/rest/api/face
    "FaceNotFound": InputError, "InvalidImageSizeTooBig": InputError, "UnsupportedFeature": UnsupportedError,
    "ConcurrentOperationConflict": ProviderError, "RateLimitExceeded": RateLimitError, "Unspecified": AuthError,
    # Of all services
    "401": AuthError, "Unauthorized": AuthError, "PermissionDenied": AuthError, "AuthenticationFailed": AuthError,
    "Forbidden": AuthError, "AccessDenied": AuthError, "ResourceNotFound": ConfigError, "404": ConfigError, "NotFound": ConfigError,
    "429": RateLimitError, "TooManyRequests": RateLimitError, "OutOfCallVolumeQuota": QuotaError, "QuotaExceeded": QuotaError,
    "InternalServerError": ProviderError, "InternalError": ProviderError, "ServiceUnavailable": ProviderError,
    "Timeout": ProviderError, "FailedToProcess": ProviderError, "ServerBusy": ProviderError,
    # Azure OpenAI
    "DeploymentNotFound": ConfigError, "content_policy_violation": RefusedError, "contentFilter": RefusedError,
    "content_filter": RefusedError, "ResponsibleAIPolicyViolation": RefusedError, "moderation_blocked": RefusedError,
    "insufficient_quota": QuotaError, "rate_limit_exceeded": RateLimitError,
}  # fmt: skip
HINTS: Mapping[str, str] = {
    "UnsupportedFeature": "Face's ids and their comparison have to be applied for: https://aka.ms/facerecognition.",
    "DeploymentNotFound": "Give the name of a deployment of yours: model=…, or VISIONHUB_PROVIDERS__AZURE__MODELS__<TASK>.",
    "InvalidRequest": "Not every region offers every feature: captions, for example.",
}
WAIT = re.compile(r"(?:in|after) (\d+) seconds?")

refused = openai.refused("Azure OpenAI")


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx."""
    said = openai.said_error(body)
    inner = said.get("innererror") or said.get("inner_error") or {}
    codes = [str(one["code"]) for one in (inner, said) if isinstance(one, dict) and one.get("code")]
    code = next((one for one in codes if one in CODES), codes[0] if codes else None)
    message = inner.get("message") or said.get("message") if isinstance(inner, dict) else said.get("message")
    error = fault(
        CODES, code=code, status=status, message=message, headers=headers, hint=HINTS.get(code or ""),
        request_id=headers.get("apim-request-id") or headers.get("x-ms-request-id"),
    )  # fmt: skip
    if error.retry_after is None and (told := WAIT.search(str(message))):
        error.retry_after = float(told[1])
    return error
