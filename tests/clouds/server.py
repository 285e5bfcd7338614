"""An ASGI app on a free port of this machine, in a thread; and a vendor that behaves badly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The app's URL, as long as this lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Vendor:
    """An ASGI app that gives the answer it is told to, and keeps what was asked: `(path and query, headers, body)`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.says(200, b"{}")

    def says(self, status: int, content: bytes, *, wait: float = 0.0, cut: bool = False, **headers: str) -> None:
        """The next answers: after `wait` seconds; `cut` breaks the line in the middle of the body."""
        self._answer = (status, content, wait, cut, headers)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        import asyncio

        status, content, wait, cut, headers = self._answer
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        path = scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self.asked.append((path, {name.decode(): value.decode() for name, value in scope["headers"]}, body))
        await asyncio.sleep(wait)
        known = {"content-type": "application/json", "content-length": str(len(content) + 10 * cut)}
        known |= {name.replace("_", "-"): value for name, value in headers.items()}
        listed = [(name.encode(), value.encode()) for name, value in known.items()]
        await send({"type": "http.response.start", "status": status, "headers": listed})
        # Of a body that is cut, uvicorn closes the connection before its announced end.
        await send({"type": "http.response.body", "body": content})
