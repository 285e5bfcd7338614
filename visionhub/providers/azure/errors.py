"""Azure's codes: the innermost one says most, and sometimes only the words do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    **openai.FAILED,
    # Image Analysis: https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/call-analyze-image-40
    "InvalidImageFormat": InputError, "InvalidImageSize": InputError, "InvalidImageUrl": InputError, "InvalidImageDimension": InputError,
    "InvalidImage": InputError, "BadArgument": InputError, "NotSupportedImage": InputError, "NotSupportedLanguage": UnsupportedError,
    "NotSupportedVisualFeature": UnsupportedError, "NotSupportedFeature": UnsupportedError, "InvalidRequest": InputError,
    "InvalidArgument": InputError, "InvalidRequestContent": InputError, "UnsupportedMediaType": InputError,
    # Face: https://learn.microsoft.com/rest/api/face
    "FaceNotFound": InputError, "InvalidImageSizeTooBig": InputError, "InvalidURL": InputError, "UnsupportedFeature": UnsupportedError,
    "ConcurrentOperationConflict": ProviderError, "OperationTimeOut": ProviderError, "RateLimitExceeded": RateLimitError,
    "Unspecified": AuthError,
    # Content Safety: https://learn.microsoft.com/azure/ai-services/content-safety/concepts/response-codes
    "InvalidRequestBody": InputError, "InvalidResourceName": InputError, "ServerBusy": ProviderError,
    # Of all services
    "401": AuthError, "Unauthorized": AuthError, "PermissionDenied": AuthError, "AuthenticationFailed": AuthError,
    "Forbidden": AuthError, "AccessDenied": AuthError, "ResourceNotFound": ConfigError, "404": ConfigError, "NotFound": ConfigError,
    "ApiVersionUnsupported": ConfigError, "UnsupportedApiVersion": ConfigError,
    "429": RateLimitError, "TooManyRequests": RateLimitError, "OutOfCallVolumeQuota": QuotaError, "QuotaExceeded": QuotaError,
    "InternalServerError": ProviderError, "InternalError": ProviderError, "ServiceUnavailable": ProviderError,
    "Timeout": ProviderError, "FailedToProcess": ProviderError,
    # Azure OpenAI
    "DeploymentNotFound": ConfigError, "OperationNotSupported": UnsupportedError, "content_policy_violation": RefusedError,
    "contentFilter": RefusedError, "content_filter": RefusedError, "ResponsibleAIPolicyViolation": RefusedError,
    "moderation_blocked": RefusedError, "insufficient_quota": QuotaError, "RateLimitReached": RateLimitError,
    "too_many_requests": RateLimitError, "NoCapacity": ProviderError, "model_not_found": ConfigError, "invalid_api_key": AuthError,
    "context_length_exceeded": InputError, "BadRequest": InputError,
}  # fmt: skip
# Where the code says only that something is wrong with the request, or that it is not allowed.
WORDS: Mapping[str, type[VisionError]] = {
    "not supported in this region": UnsupportedError, "out of call volume quota": QuotaError,
}  # fmt: skip
HINTS: Mapping[str, str] = {
    "UnsupportedFeature": "Face's ids and their comparison have to be applied for: https://aka.ms/facerecognition.",
    "DeploymentNotFound": "Give the name of a deployment of yours: model=…, or VISIONHUB_PROVIDERS__AZURE__MODELS__<TASK>.",
    "ApiVersionUnsupported": "Choose another version: VISIONHUB_PROVIDERS__AZURE__ANALYSIS_VERSION, __FACE_VERSION …",
    "UnsupportedApiVersion": "Choose another version: VISIONHUB_PROVIDERS__AZURE__ANALYSIS_VERSION, __FACE_VERSION …",
}
REGION = "Captions are not offered in every region: https://aka.ms/cv-regions."
WAIT = re.compile(r"(?:in|after) (\d+) seconds?")
DEEPEST = 5

refused = openai.refused("Azure OpenAI")


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx."""
    levels = list(_levels(body))[::-1]
    codes = [str(one["code"]) for one in levels if isinstance(one.get("code"), str | int) and one["code"] != ""]
    code = next((one for one in codes if one in CODES), codes[0] if codes else None)
    words = next((one["message"] for one in levels if isinstance(one.get("message"), str)), None)
    meant = next((kind for part, kind in WORDS.items() if part in (words or "").casefold()), None)
    error = fault(
        {**CODES, code or "": meant} if meant else CODES, code=code, status=status, message=_reason(words, levels), headers=headers,
        hint=REGION if meant is UnsupportedError else HINTS.get(code or ""),
        request_id=headers.get("apim-request-id") or headers.get("x-ms-request-id"),
    )  # fmt: skip
    if isinstance(error, RateLimitError) and error.retry_after is None and (told := WAIT.search(words or "")):
        error.retry_after = float(told[1])
    return error


def _levels(body: Any) -> Iterator[Mapping[str, Any]]:
    """The error and those within it, from the outside. The gateway before the services leaves `error` out."""
    level = openai.said_error(body) or body
    for _ in range(DEEPEST):
        if not isinstance(level, dict):
            return
        yield level
        level = level.get("innererror") or level.get("inner_error")


def _reason(words: str | None, levels: list[Mapping[str, Any]]) -> str | None:
    """With what Azure OpenAI's filters found, where they did."""
    for one in levels:
        found = one.get("content_filter_results") or one.get("content_filter_result")
        if isinstance(found, dict):
            named = [name for name, said in found.items() if isinstance(said, dict) and said.get("filtered") is True]
            if named:
                return f"filtered for {', '.join(named)}. {words or ''}"
    return words
