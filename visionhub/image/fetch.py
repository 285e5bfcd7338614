"""The download behind a URL, guarded: a picture's address often comes from a stranger.

Only http and https; every hop of a redirect is checked again; the host's addresses must be public, and the connection goes to
the very address that was checked, so that a name cannot point elsewhere a moment later; size and time are bounded.
"""

from __future__ import annotations

import ipaddress
import socket
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from visionhub.errors import InputError
from visionhub.image.source import Limits, too_large, without_secrets

if TYPE_CHECKING:
    import httpx

MAX_REDIRECTS = 5
AGENT = "visionhub"


def fetch(url: str, limits: Limits) -> bytes:
    """The body behind `url`. Raises `InputError` for anything that keeps it from being a picture within `limits`."""
    import httpx

    deadline = time.monotonic() + limits.timeout
    with httpx.Client(timeout=httpx.Timeout(min(limits.timeout, 10.0)), headers={"User-Agent": AGENT}) as client:
        for _ in range(MAX_REDIRECTS + 1):
            request = _request(client, url, limits)
            try:
                response = client.send(request, stream=True)
                try:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["location"])
                        continue
                    return _body(response, url, limits, deadline)
                finally:
                    response.close()
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                raise InputError(f"{without_secrets(url)} could not be fetched: {_reason(error)}.") from error
    raise InputError(f"{without_secrets(url)} was redirected more than {MAX_REDIRECTS} times.")


def _request(client: httpx.Client, url: str, limits: Limits) -> httpx.Request:
    import httpx

    name = without_secrets(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError as error:
        raise InputError(f"{name} is not a valid URL: {error}.") from error
    if parts.scheme not in ("http", "https"):
        raise InputError(
            f"{name} is refused: only http and https addresses are fetched.", hint="Give a path for a file."
        )
    if not host or not port:
        raise InputError(f"{name} is not a valid URL: it names no host.")
    if limits.offline:
        raise InputError(f"{name} is not fetched: visionhub is offline.", hint="Give a file, or turn `offline` off.")
    try:
        request = client.build_request("GET", url)
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(f"{name} is not a valid URL: {error}.") from error
    if _is_proxied(parts.scheme, host):
        return request
    address = _public_address(host, port, name, limits)
    request.extensions["sni_hostname"] = host
    request.url = request.url.copy_with(host=address)
    return request


def _is_proxied(scheme: str, host: str) -> bool:
    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)


def _public_address(host: str, port: int, name: str, limits: Limits) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{name} could not be fetched: the host {host} was not found.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not limits.private_urls:
        for address in addresses:
            if not _is_public(address):
                raise InputError(
                    f"{name} is refused: {host} is not a public address.",
                    hint="Allow private addresses (`private_urls`) if you trust whoever names the URLs.",
                )
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


def _body(response: httpx.Response, url: str, limits: Limits, deadline: float) -> bytes:
    name = without_secrets(url)
    if response.status_code >= 400:
        raise InputError(f"{name} could not be fetched: the server answered {response.status_code}.")
    stated = response.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limits.max_bytes:
        raise too_large(name, limits.max_bytes)
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limits.max_bytes:
            raise too_large(name, limits.max_bytes)
        if time.monotonic() > deadline:
            raise InputError(f"{name} could not be fetched within {limits.timeout:g} s.")
    return bytes(body)


def _reason(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "the server did not answer in time"
    return str(error).rstrip(".") or type(error).__name__
