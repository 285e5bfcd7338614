"""AWS's codes. Its statuses say little: HTTP 400 for almost everything."""

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
    VisionError,
)
from visionhub.kit.faults import Codes, fault

CODES: Codes = {
    "AccessDeniedException": AuthError, "UnrecognizedClientException": AuthError, "InvalidSignatureException": AuthError,
    "ExpiredTokenException": AuthError, "InvalidClientTokenId": AuthError, "MissingAuthenticationToken": AuthError,
    "MissingAuthenticationTokenException": AuthError, "IncompleteSignature": AuthError, "IncompleteSignatureException": AuthError,
    "ExpiredToken": AuthError, "RequestTimeTooSkewed": AuthError, "RequestExpired": AuthError, "SignatureDoesNotMatch": AuthError,
    "OptInRequired": AuthError, "SubscriptionRequiredException": AuthError,
    "ThrottlingException": RateLimitError, "Throttling": RateLimitError, "TooManyRequestsException": RateLimitError,
    "ProvisionedThroughputExceededException": RateLimitError, "RequestLimitExceeded": RateLimitError,
    "LimitExceededException": QuotaError, "ServiceQuotaExceededException": QuotaError,
    "ImageTooLargeException": InputError, "InvalidImageFormatException": InputError, "InvalidParameterException": InputError,
    "InvalidParameterValue": InputError, "ValidationException": InputError, "InvalidS3ObjectException": InputError,
    "UnsupportedDocumentException": InputError, "BadDocumentException": InputError, "DocumentTooLargeException": InputError,
    "HumanLoopQuotaExceededException": QuotaError,
    "ResourceNotFoundException": ConfigError, "UnknownOperationException": ConfigError, "UnknownEndpoint": ConfigError,
    "ResourceNotReadyException": ProviderError, "ModelNotReadyException": ProviderError, "ModelTimeoutException": ProviderError,
    "ModelErrorException": ProviderError, "ModelStreamErrorException": ProviderError, "InternalServerError": ProviderError,
    "InternalServerException": ProviderError, "InternalFailure": ProviderError, "ServiceUnavailableException": ProviderError,
    "ServiceUnavailable": ProviderError, "RequestTimeout": ProviderError, "RequestTimeoutException": ProviderError,
}  # fmt: skip
EXPIRED = "Sign in again: the session's credentials have expired."
CLOCK = "Check the secret key, and this machine's clock."
HINTS: Mapping[str, str] = {
    "ExpiredTokenException": EXPIRED, "ExpiredToken": EXPIRED,
    "InvalidSignatureException": CLOCK, "SignatureDoesNotMatch": CLOCK, "RequestTimeTooSkewed": CLOCK, "RequestExpired": CLOCK,
    "InvalidParameterException": "Rekognition says this too where a picture to compare holds no face.",
    "ResourceNotFoundException": "Check the model and the region: not every region has it.",
}  # fmt: skip


def refusal(said: Mapping[str, Any]) -> VisionError:
    """The error for what botocore made of an answer: `Error` with code and message, and `ResponseMetadata`."""
    error, answer = said.get("Error", {}), said.get("ResponseMetadata", {})
    # Where the body names none, botocore puts the status in place of the code.
    code = None if str(error.get("Code", "")).isdigit() else error.get("Code")
    return fault(
        CODES,
        code=code,
        status=answer.get("HTTPStatusCode"),
        message=error.get("Message"),
        headers=answer.get("HTTPHeaders"),
        request_id=answer.get("RequestId"),
        hint=HINTS.get(code or ""),
    )
