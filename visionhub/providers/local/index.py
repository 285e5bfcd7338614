"""The package index, as far as it takes to find one wheel: its simple API, as HTML (PEP 503) or JSON (PEP 691)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from visionhub.errors import ConfigError
from visionhub.providers.local.connection import ELSEWHERE

if TYPE_CHECKING:
    import httpx

    from visionhub.providers.local.cards import Wheel

PYPI = "https://pypi.org/simple"
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def default_url() -> str:
    """The package index that pip is told to use by the environment, or PyPI."""
    return os.environ.get("PIP_INDEX_URL") or PYPI


def page_url(index: httpx.URL, wheel: Wheel) -> httpx.URL:
    """Where the index lists the files of the wheel's package."""
    return index.copy_with(path=f"{index.path.rstrip('/')}/{re.sub(r'[-_.]+', '-', wheel.package).lower()}/")


def find(page: httpx.Response, wheel: Wheel) -> httpx.URL:
    """The address of the wheel. Raises `ConfigError` if the page does not list it, or lists another file under its name."""
    import httpx

    try:
        links = _json(page.json()) if "json" in page.headers.get("content-type", "") else _html(page.text)
        offered = {page.url.join(url): sha256 for name, url, sha256 in links if name == wheel.filename}
    except (ValueError, LookupError, TypeError, AttributeError, httpx.InvalidURL) as error:
        raise ConfigError(f"{page.url.host} does not answer as a package index does.") from error
    for url, sha256 in offered.items():
        if sha256 in (None, wheel.sha256):
            return url
    fault = "offers another file (its SHA-256 differs) under the name" if offered else "does not offer"
    raise ConfigError(
        f"{page.url.host} {fault} {wheel.filename}.",
        hint=ELSEWHERE,
    )


def _json(page: Any) -> Iterator[tuple[str, str, str | None]]:
    for file in page["files"]:
        yield file["filename"], file["url"], file.get("hashes", {}).get("sha256")


def _html(page: str) -> Iterator[tuple[str, str, str | None]]:
    links: list[str] = []

    class Anchors(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value for name, value in attrs if tag == "a" and name == "href" and value)

    Anchors().feed(page)
    for link in links:
        parts = urlsplit(link)
        sha256 = re.search(r"sha256=([0-9a-f]+)", parts.fragment)
        yield PurePosixPath(unquote(parts.path)).name, link, sha256[1] if sha256 else None
