"""The server of the Hugging Face hub, or a mirror of it: what a repository holds, and its files, resumed where they broke off.

The transfer is our own: huggingface_hub 2 throws away what came of a file that breaks off, and writes addresses into its log.
"""

from __future__ import annotations

import os
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from visionhub.errors import ConfigError, TransportError
from visionhub.providers.local.connection import LATER, TIMEOUT
from visionhub.providers.local.download import LONGEST, PAUSE, TRIES, Moved
from visionhub.providers.local.repository import COMMIT, File, Listing, Name

if TYPE_CHECKING:
    import httpx

KEPT = (
    "What came so far is kept; the next try goes on from there. HF_ENDPOINT names a mirror, HTTPS_PROXY a proxy, SSL_CERT_FILE"
    " certificates of your own; without a network, name a folder that holds a copy of the repository instead."
)
ASK = "Make a token that may read it at {url}/settings/tokens, and set HF_TOKEN."
HUB = "https://huggingface.co"
STRANGE = "Is it a login page? HF_ENDPOINT says which server is asked."


@dataclass(frozen=True)
class Site:
    """Requests for one repository. `headers` hold the token, or the mirror's password; they go to this server alone."""

    client: httpx.Client
    url: httpx.URL
    name: Name
    headers: dict[str, str] = field(repr=False)

    def listing(self, revision: str) -> Listing:
        """What is there at a branch, tag or commit. Raises `ConfigError`, `TransportError`."""
        path = f"/api/models/{self.name.repo}/revision/{quote(revision, safe='')}?blobs=true"
        failed = 0
        while True:
            try:
                with self._get(path, self.name.repo) as page:
                    page.read()
                    return _listing(page.json())
            except TransportError as error:
                failed += 1
                _pause(error, failed)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise ConfigError(f"{self.url.host} does not answer as a model hub does.", hint=STRANGE) from error

    def download(self, commit: str, file: File, part: Path, moved: Moved) -> None:
        """Fetches a file into `part`, going on after what is there. Raises as `listing`; what came until then is kept."""
        best, failed = _size(part), 0
        while True:
            try:
                self._fetch(commit, file, part, moved)
            except TransportError as error:
                failed = 0 if _size(part) > best else failed + 1
                best = max(best, _size(part))
                _pause(error, failed)
            else:
                return

    def _fetch(self, commit: str, file: File, part: Path, moved: Moved) -> None:
        have = _size(part)
        if have > file.size:
            part.unlink()
            have = 0
        if not file.size:
            part.touch()
        if have == file.size:
            return
        # An encoded body would have other positions.
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={have}-"}
        with self._get(f"/{self.name.repo}/resolve/{commit}/{quote(file.path)}", file.path, headers) as response:
            if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                have = 0
            elif not re.match(f"bytes {have}-", response.headers.get("content-range", "")):
                raise TransportError(f"{self.url.host} sent other bytes of {file.path} than asked for.", hint=KEPT)
            with part.open("ab" if have else "wb") as place:
                for block in response.iter_raw():
                    have += len(block)
                    if have > file.size:
                        break
                    place.write(block)
                    moved(have)
                place.flush()
                os.fsync(place.fileno())
        if have != file.size:
            raise TransportError(
                f"{file.path} of {self.name.repo} broke off before its end, or goes on after it.", hint=KEPT
            )

    @contextmanager
    def _get(self, path: str, what: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
        import httpx

        address = f"{str(self.url).rstrip('/')}{path}"
        try:
            with self.client.stream("GET", address, headers={**self.headers, **(headers or {})}) as response:
                self._check(response, what)
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise TransportError(f"{what} could not be fetched from {self.url.host}: {reason}.", hint=KEPT) from error

    def _check(self, response: httpx.Response, what: str) -> None:
        """Raises what the server means by its status, and by the code that it adds for some of them."""
        status, code = response.status_code, response.headers.get("x-error-code", "")
        repo, host = self.name.repo, self.url.host
        token = ASK.format(url=self.url)
        if status in LATER or response.is_server_error:
            after = response.headers.get("retry-after", "")
            seconds = float(after) if after.isdigit() else None
            said = f"{response.url.host} answered {status} for {what}."
            raise TransportError(said, hint=KEPT, status=status, retry_after=seconds)
        if not response.is_client_error:
            return
        if code == "GatedRepo":
            said = f"{repo} is given only to those who have agreed to its terms."
            hint = f"Agree at {self.url}/{repo}. {token}"
        elif status == HTTPStatus.UNAUTHORIZED and self.headers:
            said, hint = f"{host} refused the token, or the password.", f"Look at HF_TOKEN and HF_ENDPOINT. {token}"
        elif code == "RevisionNotFound":
            said = f"{repo} has no revision {what if what != repo else self.name.revision}."
            hint = f"{self.url}/{repo}/commits/main lists what there is."
        elif code == "EntryNotFound":
            said, hint = f"{repo} has no {what} any more.", "Pull it again."
        elif status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            said = f"There is no model {repo} at {host}, or it is private."
            hint = f"Look at its name: `visionhub models list` names some. {token}"
        elif status == HTTPStatus.FORBIDDEN:
            said, hint = f"{host} does not give {repo} to this token.", token
        else:
            said, hint = f"{response.url.host} answered {status} for {what}.", STRANGE
        raise ConfigError(said, hint=hint, status=status)


@contextmanager
def connect(name: Name) -> Iterator[Site]:
    """Opens a connection to the server that HF_ENDPOINT names, or the hub's own. Raises `ConfigError` if that makes no sense.

    The address is not quoted: a password may stand in it. It is sent in a header, as httpx logs addresses.
    """
    import httpx
    from huggingface_hub import constants, get_token

    try:
        url = httpx.URL(constants.ENDPOINT or HUB)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError("The address of the model hub is not one of http or https.", hint="Look at HF_ENDPOINT.")
    headers = {}
    if url.userinfo:
        headers["Authorization"] = f"Basic {b64encode(unquote_to_bytes(url.userinfo)).decode()}"
    elif token := get_token():
        headers["Authorization"] = f"Bearer {token}"
    try:
        client = httpx.Client(follow_redirects=True, timeout=TIMEOUT)
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"The proxy or the certificates that the environment names cannot be used ({type(error).__name__}).",
            hint="Look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
        ) from None
    with client:
        yield Site(client, url.copy_with(userinfo=b""), name, headers)


def _listing(page: Any) -> Listing:
    """Raises `ValueError` or `LookupError` for what is none, and for a file that would lie elsewhere."""
    found = {}
    for entry in page["siblings"]:
        path = PurePosixPath(entry["rfilename"])
        if path.is_absolute() or ".." in path.parts or not str(path).isprintable() or "\\" in str(path):
            raise ValueError(path)
        large = entry.get("lfs") or {}
        file = File(str(path), int(large.get("size", entry["size"])), large.get("sha256") or entry["blobId"])
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", file.blob):
            raise ValueError(file.blob)
        found[file.path] = file
    if not COMMIT.fullmatch(page["sha"]):
        raise ValueError(page["sha"])
    return Listing(page["sha"], found)


def _pause(error: TransportError, failed: int) -> None:
    """Waits before the next try, or raises the error if there is to be none."""
    seconds = max(PAUSE * 2**failed, error.retry_after or 0)
    if failed >= TRIES or seconds > LONGEST:
        raise error
    time.sleep(seconds)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
