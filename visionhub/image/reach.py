"""Connections for `fetch`: only to addresses that may be reached, and none that outlives the time there is.

A name is resolved once, all its addresses are checked, and the connection goes to one of these very addresses: the name cannot
point elsewhere a moment later. TLS still asks for, and verifies, the name. Only the name service keeps its own time.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from visionhub.image.limits import UnusableError

# Public by the registry's letter, yet answered by the machine's own surroundings: IPv4 in IPv6 of old, site-local addresses,
# protocol assignments, and the address of Azure's host (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
NEARBY = tuple(map(ipaddress.ip_network, ("::/96", "fec0::/10", "192.0.0.0/24", "168.63.129.16/32")))
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Reach(httpcore.NetworkBackend):
    """Opens connections until `deadline` (`time.monotonic()`), to public addresses, or with `private` to any."""

    def __init__(self, deadline: float, *, private: bool) -> None:
        self._deadline = deadline
        self._private = private
        self._network = httpcore.SyncBackend()

    def to_proxy(self) -> Reach:
        """The same for connections to a proxy, which may stand anywhere: whoever runs this machine has named it."""
        return Reach(self._deadline, private=True)

    def check_through_proxy(self, host: str, port: int) -> None:
        """Raises `UnusableError` for a host that is known here and not public; one unknown here is the proxy's to judge."""
        if addresses := _resolved(host, port):
            self._check(host, addresses)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See `httpcore`. Raises `UnusableError` for a host that is unknown or not public."""
        addresses = _resolved(host, port)
        self._check(host, addresses)
        failure: Exception = UnusableError(f"could not be fetched: the host {host} was not found")
        for tried, address in enumerate(addresses):
            try:
                seconds = self.left() / (len(addresses) - tried)
                stream = self._network.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self.left)
        raise failure

    def left(self) -> float:
        """Seconds until the deadline. Raises `httpcore.ReadTimeout` when it has passed."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds

    def _check(self, host: str, addresses: list[str]) -> None:
        if not self._private and not all(map(is_public, addresses)):
            raise UnusableError(
                f"is refused: {host} is not a public address",
                "Allow private addresses (`private_urls`) if you trust whoever names the URLs.",
            )


class _Stream(httpcore.NetworkStream):
    """A connection on which every step has the time that is left, however little the other side sends at once."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address, or the IPv4 address that an IPv6 one stands for, belongs to the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NEARBY)
