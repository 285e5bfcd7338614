"""Google's credentials: a key, or whatever `google-auth` finds (environment, `gcloud`, the machine's own account)."""

from __future__ import annotations

from threading import Lock
from typing import Any

from visionhub.errors import AuthError, ConfigError
from visionhub.kit.http import broken

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
HINT = (
    "Sign in (`gcloud auth application-default login`), or set VISIONHUB_PROVIDERS__GOOGLE__API_KEY or __CREDENTIALS."
)


def found(file: str | None) -> Any:
    """Credentials of a service account's file, or those that are found. Raises `ConfigError`."""
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
    except ImportError:
        raise ConfigError("The provider google is not installed.", hint="pip install 'visionhub[google]'") from None
    try:
        auth: Any = google.auth
        return (auth.load_credentials_from_file(file, scopes=[SCOPE]) if file else auth.default(scopes=[SCOPE]))[0]
    except (GoogleAuthError, OSError) as error:
        raise ConfigError(f"There are no credentials for Google: {type(error).__name__}.", hint=HINT) from error


class Bearer:
    """The header that a request is signed with. A token is fetched when it is first needed, and again before it expires."""

    def __init__(self, key: str | None, file: str | None, project: str | None) -> None:
        self._key = key
        self._file = file
        self._project = project
        self._credentials: Any = None
        self._fetching = Lock()

    @property
    def is_ready(self) -> bool:
        """Whether `headers` need not wait for a token, nor for whoever fetches one."""
        return bool(self._key) or (self._credentials is not None and self._credentials.valid)

    def headers(self) -> dict[str, str]:
        """Raises `ConfigError`, `AuthError` or `TransportError`."""
        charged = {"x-goog-user-project": self._project} if self._project else {}
        if self._key:
            return {"x-goog-api-key": self._key, **charged}
        with self._fetching:
            self._credentials = self._credentials or found(self._file)
            if not self._credentials.valid:
                self._refresh()
            return {"Authorization": f"Bearer {self._credentials.token}", **charged}

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError, TransportError
        from google.auth.transport.requests import Request

        try:
            self._credentials.refresh(Request())
        except TransportError as error:
            raise broken(error) from error
        except GoogleAuthError as error:
            raise AuthError(f"Google gave no token: {type(error).__name__}.", hint=HINT) from error
