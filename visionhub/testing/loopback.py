"""A small HTTP/1.1 server on this machine whose answers may break off anywhere, which no ASGI server lets them do."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http.client import responses
from threading import Thread
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

from visionhub.dialect import Incoming

# With this, closing sends RST at once. See socket(7), SO_LINGER; Windows has shorts.
LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
LONGEST_HEAD = 2**16
WAITING = 4096


class Line:
    """The connection on which one request came and its answer goes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        """Whether the caller still listens."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Sends the status and the headers."""
        lines = [
            f"HTTP/1.1 {status} {responses.get(status, '')}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def body(self, content: bytes) -> None:
        """Sends what follows the head, or a part of it."""
        self._writer.write(content)
        await self._writer.drain()

    def close(self) -> None:
        """Ends the connection after what was sent."""
        self._writer.close()

    def reset(self) -> None:
        """Breaks the connection: the caller sees a reset."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        self._writer.transport.abort()


Application: TypeAlias = Callable[[Incoming, Line], Awaitable[None]]


@contextmanager
def serve(application: Application, port: int = 0) -> Iterator[str]:
    """The URL at which `application` answers, in a thread of its own, as long as this lasts; `port` 0 is any free one."""
    place: Future[int] = Future()
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                runner.run(_listen(application, port, place, stopped))
            except OSError as error:
                place.set_exception(error)

    thread = Thread(target=work, name="visionhub-loopback", daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{place.result()}"
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()


async def _listen(application: Application, port: int, place: Future[int], stopped: asyncio.Event) -> None:
    callers: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = asyncio.create_task(_converse(application, reader, writer))
        callers.add(caller)
        caller.add_done_callback(callers.discard)
        # One that is cancelled before it began closes nothing itself.
        caller.add_done_callback(lambda _: writer.close())

    server = await asyncio.start_server(accept, "127.0.0.1", port, limit=LONGEST_HEAD, backlog=WAITING)
    place.set_result(server.sockets[0].getsockname()[1])
    await stopped.wait()
    server.close()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    # What was closed is gone after the loop's next turn.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _converse(application: Application, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers the requests of one connection, one after the other, until either side ends it."""
    line = Line(reader, writer)
    # A caller who leaves in the middle is nothing to worry about; one who does not speak HTTP is not answered.
    try:
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            while line.is_open:
                await application(await _read(reader, writer), line)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Incoming:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        content = b"".join([part async for part in _chunks(reader)])
    else:
        content = await reader.readexactly(int(headers.get("content-length", 0)))
    path, _, query = target.partition("?")
    return Incoming(method, unquote(path), dict(parse_qsl(query, keep_blank_values=True)), headers, content)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
