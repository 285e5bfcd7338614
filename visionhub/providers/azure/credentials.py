"""Azure's credentials: a key, or whoever `azure-identity` finds is signed in (environment, a managed identity, `az login`)."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

from visionhub.errors import AuthError, ConfigError
from visionhub.kit.http import broken

SCOPE = "https://cognitiveservices.azure.com/.default"
INSTALL = "pip install 'visionhub[azure]'"
# Seconds before its end in which a token is not used any more.
MARGIN = 300


def found() -> Any:
    """Whoever is signed in. Raises `ConfigError`."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise ConfigError("The provider azure is not installed.", hint=INSTALL) from None
    return DefaultAzureCredential()


class Identity:
    """Tokens for all of Azure's services, fetched when they are first needed and again before they expire.

    Not every credential keeps its tokens: that of `az login` starts a program for each.
    """

    def __init__(self) -> None:
        self._credential: Any = None
        self._token: Any = None
        self._fetching = Lock()

    @property
    def is_ready(self) -> bool:
        """Whether `get_token` need not wait, neither for a token nor for whoever fetches one."""
        return self._token is not None and time.time() < self._token.expires_on - MARGIN

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token with its `expires_on`, as Microsoft's clients ask for it. Raises `ConfigError`, `AuthError` or `TransportError`."""
        with self._fetching:
            # Claims are a service's demand for another token than the one it was shown.
            if options.get("claims") or not self.is_ready:
                self._credential = self._credential or found()
                self._token = self._fetched(*(scopes or (SCOPE,)), **options)
            return self._token

    def close(self) -> None:
        """Gives back the credential's own connections."""
        if self._credential is not None:
            self._credential.close()

    def _fetched(self, *scopes: str, **options: Any) -> Any:
        from azure.core.exceptions import ServiceRequestError, ServiceResponseError

        try:
            return self._credential.get_token(*scopes, **options)
        except (ServiceRequestError, ServiceResponseError) as error:
            raise broken(error) from error
        except Exception as error:
            raise AuthError(
                f"Azure gave no token: {type(error).__name__}.",
                hint="Sign in (`az login`), or set VISIONHUB_PROVIDERS__AZURE__KEY.",
            ) from error
