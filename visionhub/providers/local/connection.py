"""A connection to the package index: proxies and certificates of the environment, credentials, and errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visionhub.errors import ConfigError, TransportError

if TYPE_CHECKING:
    import httpx

TIMEOUT = 30.0
KEPT = (
    "What came so far is kept; the next try goes on from there. Behind a proxy set HTTPS_PROXY, for a mirror PIP_INDEX_URL, for"
    " certificates of your own SSL_CERT_FILE; without a network `visionhub models pull --from DIR` takes wheels from a folder."
)
ELSEWHERE = "Set PIP_INDEX_URL to an index that has it, or use `visionhub models pull --from DIR`."
CREDENTIALS = "User and password belong into the address of the index, https://USER:PASSWORD@HOST/…, or of the proxy."
LATER = frozenset({408, 425, 429})
REFUSED = frozenset({401, 403, 407})


@dataclass(frozen=True)
class Connection:
    """Requests to the index at `url`, and to the hosts that it names, for the sake of one file."""

    client: httpx.Client
    url: httpx.URL
    file: str

    @contextmanager
    def get(self, url: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """An answer that is no error. Raises `TransportError`, or `ConfigError` for what another try would not change.

        The index's user and password go to its own origin, and are kept out of the URL, as httpx logs those.
        """
        import httpx

        is_own = (url.scheme, url.netloc) == (self.url.scheme, self.url.netloc)
        known = self.url if is_own and not url.userinfo else url
        auth = httpx.BasicAuth(known.username, known.password) if known.userinfo else None
        try:
            with self.client.stream("GET", url.copy_with(userinfo=b""), headers=headers, auth=auth) as response:
                self._check(response)
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise TransportError(f"{self.file} could not be fetched from {url.host}: {reason}.", hint=KEPT) from error

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        said = f"{response.url.host} answered {status} for {self.file}."
        if status in LATER or response.is_server_error:
            after = response.headers.get("retry-after", "")
            raise TransportError(said, hint=KEPT, status=status, retry_after=float(after) if after.isdigit() else None)
        if response.is_client_error:
            raise ConfigError(said, hint=CREDENTIALS if status in REFUSED else ELSEWHERE, status=status)


@contextmanager
def connect(index_url: str, file: str) -> Iterator[Connection]:
    """Opens a connection. Raises `ConfigError` if the address, a proxy or a certificate makes no sense.

    None of them is quoted: a password may stand anywhere in it.
    """
    import httpx

    try:
        url = httpx.URL(index_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(
            "The address of the package index is not one of http or https.",
            hint="Look at PIP_INDEX_URL and `index_url`; a folder of wheels is given as `wheels`.",
        )
    try:
        client = httpx.Client(follow_redirects=True, timeout=TIMEOUT)
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"The proxy or the certificates that the environment names cannot be used ({type(error).__name__}).",
            hint="Look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
        ) from None
    with client:
        yield Connection(client, url, file)
