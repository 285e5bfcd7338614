"""A web server on this machine that answers as badly as a test wants."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable

Answer = Callable[[str], bytes | Iterable[bytes]]


def reply(body: bytes = b"", status: str = "200 OK", **headers: object) -> bytes:
    """A whole HTTP answer. Underscores in the names of headers become hyphens."""
    lines = {"content-length": len(body), "connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def redirect(location: str) -> bytes:
    """An answer that sends the asker elsewhere."""
    return reply(status="302 Found", location=location)


class Server:
    """Serves until closed. `answer` is given the request's head and gives bytes, or several, each sent by itself."""

    def __init__(
        self, answer: Answer, *, family: socket.AddressFamily = socket.AF_INET, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answer = answer
        self.requests: list[str] = []
        self._tls = tls
        self._open: list[socket.socket] = []
        self._is_closing = threading.Event()
        self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str = "/a.png", host: str = "127.0.0.1", user: str = "") -> str:
        """An address of this server."""
        return f"{'https' if self._tls else 'http'}://{user}{host}:{self.port}{path}"

    def close(self) -> None:
        """Ends the server and whatever hangs on it."""
        self._is_closing.set()
        for one in [self._listener, *self._open]:
            # Closing alone does not wake a thread that waits for a connection.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        try:
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.append(connection)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            self.requests.append(head.decode())
            answer = self.answer(head.decode())
            for part in [answer] if isinstance(answer, bytes) else answer:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            while not self._is_closing.is_set() and connection.recv(65_536):
                pass
        except OSError:
            # The other side has had enough, which is what most of these tests are about.
            plain.close()
