"""A wire over plain HTTP, for vendors whose own client gives us nothing that `httpx` does not."""

from __future__ import annotations

import builtins
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from visionhub.errors import DecodeError, InputError, TimeoutError, TransportError, VisionError
from visionhub.flow import within
from visionhub.kit.loops import PerLoop
from visionhub.wire import Request, Response

CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=30.0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One HTTP request: `content` as it is sent, or `files` for multipart."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    content: bytes | None = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, Any] | None = None


def to_json(body: Any) -> bytes:
    """A body as JSON, raw bytes in it as base64."""
    return json.dumps(body, default=_base64, separators=(",", ":"), ensure_ascii=False).encode()


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} cannot be sent")


class HttpWire:
    """Sends parcels and reads JSON, blocking and async, with pooled connections and no retries.

    address      the parcel of a request: URL, credentials, form
    refuse       the error for an answer whose status is not 2xx: its status, its JSON (None if it is none), its headers
    timeout      seconds, where the call sets no limit
    request_id   the header that names the exchange
    """

    def __init__(
        self,
        address: Callable[[Request], Parcel],
        refuse: Callable[[int, Any, Mapping[str, str]], VisionError],
        timeout: float,
        request_id: str = "x-request-id",
    ) -> None:
        self._address = address
        self._refuse = refuse
        self._timeout = timeout
        self._request_id = request_id
        # Made once: to read the certificates takes as long as several calls.
        trust = httpx.create_ssl_context()
        self._client = httpx.Client(limits=CONNECTIONS, timeout=timeout, verify=trust)
        self._async = PerLoop(lambda: httpx.AsyncClient(limits=CONNECTIONS, timeout=timeout, verify=trust))

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        if timeout is None:
            return self._exchanged(request, timeout)
        # httpx limits each read, not the whole exchange.
        return within(timeout, lambda: self._exchanged(request, timeout))

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`."""
        import asyncio

        seconds = self._timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(seconds):
                client = await self._async.get()
                answer = await client.send(self._built(client, request, seconds))
        except (builtins.TimeoutError, httpx.TimeoutException) as error:
            raise late(seconds, timeout) from error
        except httpx.HTTPError as error:
            raise broken(error) from error
        return self._read(answer)

    def close(self) -> None:
        """See `Wire`."""
        self._client.close()
        self._async.close()

    def _exchanged(self, request: Request, timeout: float | None) -> Response:
        seconds = self._timeout if timeout is None else timeout
        try:
            answer = self._client.send(self._built(self._client, request, seconds))
        except httpx.TimeoutException as error:
            raise late(seconds, timeout) from error
        except httpx.HTTPError as error:
            raise broken(error) from error
        return self._read(answer)

    def _built(self, client: httpx.Client | httpx.AsyncClient, request: Request, seconds: float) -> httpx.Request:
        try:
            parcel = self._address(request)
            return client.build_request(
                parcel.method,
                parcel.url,
                headers={**parcel.headers, **request.headers},
                params=parcel.params,
                content=parcel.content,
                data=parcel.data,
                files=parcel.files,
                timeout=seconds,
            )
        except (TypeError, ValueError, RecursionError, httpx.InvalidURL) as error:
            raise InputError(
                f"The request cannot be written: {type(error).__name__}.",
                hint="Check the call's texts and `extra`, and the provider's key and endpoint: some of it cannot be sent.",
            ) from None

    def _read(self, answer: httpx.Response) -> Response:
        headers = dict(answer.headers)
        request_id = headers.get(self._request_id)
        try:
            body = answer.json()
        except (ValueError, RecursionError) as error:
            if answer.is_success:
                raise DecodeError(
                    "The provider's answer is no JSON, or was cut off.",
                    hint="Check the provider's endpoint, and any proxy before it.",
                    status=answer.status_code,
                    request_id=request_id,
                ) from error
            body = None
        if not answer.is_success:
            refused = self._refuse(answer.status_code, body, headers)
            refused.request_id = refused.request_id or request_id
            raise refused
        return Response(body, answer.status_code, request_id, headers)


def late(seconds: float, asked: float | None) -> TimeoutError | TransportError:
    """No answer in time: a `TimeoutError` if the call `asked` for that limit, else another provider has time left."""
    words, hint = f"The provider did not answer within {seconds:.3g} s.", "Allow it more time, or ask another provider."
    return TransportError(words, hint=hint) if asked is None else TimeoutError(words, hint=hint)


def broken(error: Exception) -> TransportError:
    """No answer at all. The text of `error` is left out: it may hold the URL, and that a key."""
    made = TransportError(
        f"The provider could not be reached, or the line broke: {type(error).__name__}.",
        hint="Check the network, the endpoint and the region: `visionhub doctor`.",
    )
    if any(type(cause).__name__ in _UNSENT for cause in _causes(error)):
        made.billed = False
    return made


# What the clients that carry our requests raise, or have as a cause, when there was never a connection.
_UNSENT = frozenset({
    "ConnectError", "ConnectTimeout", "PoolTimeout", "gaierror", "ConnectionRefusedError", "EndpointConnectionError",
    "ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "ProxyConnectionError", "ClientConnectorError",
})  # fmt: skip


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
