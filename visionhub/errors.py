"""Everything that can go wrong, as classes: what to do next follows from the class, never from the text.

    VisionError
    ├── ConfigError        a setting, a key or an extra is missing or wrong
    ├── InputError         this picture or this option cannot be used
    ├── UnsupportedError   the provider does not offer the task, or an option that changes the answer's meaning
    ├── AuthError          the credentials were refused
    ├── QuotaError         the account's allowance is used up; waiting seconds does not help
    ├── BudgetError        your own spending limit would be passed
    ├── PrivacyError       your own privacy policy keeps this call from that provider
    ├── RateLimitError     too many requests just now                                   retry
    ├── RefusedError       the provider refuses this content; refusals are not shopped around
    ├── ProviderError      the provider failed on its side                              retry
    ├── TransportError     the provider could not be reached, or the line broke         retry
    ├── UnavailableError   the provider was not asked: its last calls failed
    ├── TimeoutError       your time limit passed
    └── DecodeError        the provider's answer was not understood

`retryable` says whether the same call may succeed a little later, `elsewhere` whether another provider may help, `billed` whether
the provider charges for a call that ended so: None where nobody knows.
"""

from __future__ import annotations

import builtins
from copy import copy
from typing import Any, ClassVar, Self


class VisionError(Exception):
    """The base of every error that visionhub raises.

    `message` says what happened, `hint` what to do next. The remaining fields are filled where they are known: `source` is
    the picture, as the caller named it; `code`, `status`, `request_id` and `retry_after` (seconds) are the provider's.
    `attempts` lists what was tried before this error, oldest first. No field ever holds a picture or a secret.
    """

    retryable: ClassVar[bool] = False
    elsewhere: ClassVar[bool] = False
    billed: bool | None = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        source: str | None = None,
        provider: str | None = None,
        task: str | None = None,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.source = source
        self.provider = provider
        self.task = task
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.__dict__))

    @property
    def reason(self) -> str:
        """Class and message, without the hint."""
        return f"{type(self).__name__}: {self.message}"

    def again(self) -> Self:
        """An equal error of its own, for another caller."""
        own = copy(self)
        own.__cause__ = self.__cause__
        return own

    def locate(self, *, source: str | None = None, provider: str | None = None, task: str | None = None) -> None:
        """Fills in where the error happened, unless that is known already."""
        self.source = self.source or source
        self.provider = self.provider or provider
        self.task = self.task or task

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints for a picture that failed: `{source, error: {type, message, provider?, code?, hint?}}`."""
        known = {"provider": self.provider, "code": self.code, "hint": self.hint}
        error = {"type": type(self).__name__, "message": self.message}
        error.update({name: value for name, value in known.items() if value is not None})
        return {"source": self.source, "error": error}


def _rebuild(kind: type[VisionError], message: str, state: dict[str, Any]) -> VisionError:
    error = kind(message)
    error.__dict__.update(state)
    return error


class ConfigError(VisionError):
    """A setting, a key or an extra is missing or wrong."""


class InputError(VisionError):
    """This picture or this option cannot be used."""


class UnsupportedError(VisionError):
    """The provider does not offer the task, or an option that would change the answer's meaning."""

    elsewhere = True


class AuthError(VisionError):
    """The credentials were refused."""

    elsewhere = True


class QuotaError(VisionError):
    """The account's allowance is used up; waiting seconds does not help."""

    elsewhere = True


class BudgetError(VisionError):
    """Your own spending limit would be passed. A provider that costs less, or nothing, may still be asked."""

    elsewhere = True


class PrivacyError(VisionError):
    """Your own privacy policy keeps this call from that provider; a local one may answer. Nothing was sent."""

    elsewhere = True


class RateLimitError(VisionError):
    """Too many requests just now; `retry_after` says when, if the provider did."""

    retryable = True
    elsewhere = True


class RefusedError(VisionError):
    """The provider refuses this content. Refusals are not shopped around."""

    billed: bool | None = None


class ProviderError(VisionError):
    """The provider failed on its side."""

    retryable = True
    elsewhere = True


class TransportError(VisionError):
    """The provider could not be reached, or the line broke: `billed` is False if nothing had been sent."""

    retryable = True
    elsewhere = True
    billed: bool | None = None


class UnavailableError(VisionError):
    """The provider was not asked: its last calls failed. `retry_after` says when it is tried again."""

    elsewhere = True


class TimeoutError(VisionError, builtins.TimeoutError):
    """Your time limit passed before the answer came: nobody else has any time left either."""

    billed: bool | None = None


class DecodeError(VisionError):
    """The provider's answer was not understood."""

    elsewhere = True
    billed: bool | None = True
