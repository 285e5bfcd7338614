"""A vendor that says the same to everybody, in a process of its own: HTTP on one port, Cloud Vision's gRPC on another."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any


def _serve(pipe: Connection, answers: dict[str, bytes], message: bytes, wait: float) -> None:
    import grpc

    def annotate(request: bytes, context: Any) -> bytes:
        del request, context
        time.sleep(wait)
        return message

    handler = grpc.unary_unary_rpc_method_handler(annotate)
    server = grpc.server(ThreadPoolExecutor(64))
    name = "google.cloud.vision.v1.ImageAnnotator"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"BatchAnnotateImages": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1].partition("?")[0]
                fields = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if ": " in line)
                if fields.get("expect") == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await reader.readexactly(int(fields.get("content-length", 0)))
                await asyncio.sleep(wait)
                body = answers[path]
                kind = "application/x-amz-json-1.1" if path == "/" else "application/json"
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind.encode(), len(body))
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        listening = await asyncio.start_server(one, "127.0.0.1", 0, limit=2**24)
        pipe.send((listening.sockets[0].getsockname()[1], port))
        await listening.serve_forever()

    asyncio.run(main())


@contextmanager
def vendor(answers: dict[str, Any], message: bytes = b"", wait: float = 0.0) -> Iterator[tuple[str, str]]:
    """The URL and the gRPC address of a vendor that answers each path with that JSON, after `wait` seconds."""
    ours, theirs = get_context("spawn").Pipe()
    bodies = {path: json.dumps(body).encode() for path, body in answers.items()}
    process = get_context("spawn").Process(target=_serve, args=(theirs, bodies, message, wait), daemon=True)
    process.start()
    try:
        http, grpc = ours.recv()
        yield f"http://127.0.0.1:{http}", f"127.0.0.1:{grpc}"
    finally:
        process.kill()
        process.join()
