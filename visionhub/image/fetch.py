"""The download behind a URL, guarded: a picture's address often comes from a stranger.

Only http and https; every hop of a redirect is checked again; only public addresses are connected to (see `reach.py`), directly
or through the proxy that the environment names; size and total time are bounded.
"""

from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING

from visionhub.image.limits import Limits, UnusableError, too_large
from visionhub.image.source import without_secrets

if TYPE_CHECKING:
    import httpcore
    import httpx

    from visionhub.image.reach import Reach

MAX_REDIRECTS = 5
MAX_PORT = 65_535
HEADERS = {"User-Agent": "visionhub", "Accept": "*/*", "Accept-Encoding": "identity"}


def fetch(url: str, limits: Limits) -> bytes:
    """The body behind `url`. Raises `UnusableError` for anything that keeps it from being a picture within `limits`."""
    import httpcore

    from visionhub.image.reach import Reach

    if limits.offline:
        raise UnusableError("is not fetched: visionhub is offline", "Give a file, or turn `offline` off.")
    target = _parsed(url)
    reach = Reach(time.monotonic() + limits.timeout, private=limits.private_urls)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _get(target, reach, limits)
            if isinstance(answer, bytes):
                return answer
            target = answer
    except httpcore.TimeoutException as error:
        raise UnusableError(f"could not be fetched within {limits.timeout:g} s") from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        OSError,
        ImportError,
        ValueError,
    ) as error:
        # The last two are a proxy of a kind that needs another package, or of none that is known.
        raise UnusableError(f"could not be fetched: {str(error).rstrip('.') or type(error).__name__}") from error
    raise UnusableError(f"could not be fetched: it was redirected more than {MAX_REDIRECTS} times")


def _parsed(url: str, origin: httpx.URL | None = None) -> httpx.URL:
    import httpx

    way = f"is redirected to {without_secrets(url)}, which" if origin else "is a URL that"
    try:
        target = origin.join(url) if origin else httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise UnusableError(f"{way} is not valid") from None
    if (target.port or 0) > MAX_PORT:
        raise UnusableError(f"{way} is not valid")
    if target.scheme not in ("http", "https"):
        raise UnusableError(
            f"{way} is not fetched: only http and https are", "Give the path of a file on this machine."
        )
    if not target.host:
        raise UnusableError(f"{way} names no host")
    return target


def _get(target: httpx.URL, reach: Reach, limits: Limits) -> bytes | httpx.URL:
    """The body, or where to look for it instead."""
    import httpcore
    import httpx

    proxy = _proxy(target)
    if proxy:
        reach.check_through_proxy(target.host, target.port or 0)
    request = httpx.Request("GET", target, headers=HEADERS)
    if target.userinfo:
        request = next(httpx.BasicAuth(target.username, target.password).auth_flow(request))
    address = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
    pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context() if target.scheme == "https" else None,
        proxy=proxy,
        network_backend=reach.to_proxy() if proxy else reach,
    )
    with pool, pool.stream("GET", address, headers=request.headers.raw) as response:
        headers = httpx.Headers(response.headers)
        if 300 <= response.status < 400 and "location" in headers:
            return _parsed(headers["location"], target)
        return _body(response, headers, limits.max_bytes)


def _proxy(target: httpx.URL) -> httpcore.Proxy | None:
    proxies = urllib.request.getproxies()
    address = proxies.get(target.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(target.host):
        return None
    import httpcore
    import httpx

    proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    url = proxy.url
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path), auth=proxy.raw_auth
    )


def _body(response: httpcore.Response, headers: httpx.Headers, max_bytes: int) -> bytes:
    if not 200 <= response.status < 300:
        raise UnusableError(f"could not be fetched: the server answered {response.status}")
    if headers.get("content-encoding", "identity") != "identity":
        raise UnusableError("could not be fetched: the server sent it compressed, which it was not asked for")
    stated = headers.get("content-length", "")
    if stated.isdigit() and int(stated) > max_bytes:
        raise too_large(max_bytes)
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large(max_bytes)
    return bytes(body)
