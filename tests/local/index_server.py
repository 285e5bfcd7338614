"""A package index on the loopback that behaves as badly as it is told to. It is also the file host, and a proxy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.local.wheel import FILENAME, PACKAGE, content

STEP = 8_192


@dataclass
class Request:
    path: str
    range: str | None
    authorization: str | None


@dataclass
class Answer:
    """Sent instead of the right one."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Manners:
    """What the index does; changed by the tests while it runs.

    instead     answers that come first, one a request for the wheel; then the right one comes
    pages       the same for the index page
    cuts        after how many bytes the line breaks, one a request for the wheel
    on_sent     told how many bytes of the wheel were sent in this answer, before each further step of them
    """

    wheel: bytes = field(default_factory=content)
    page: str = "json"
    link: str = f"/files/{FILENAME}"
    hashes: bool = True
    ranges: bool = True
    lengths: bool = True
    credentials: str | None = None
    instead: list[Answer] = field(default_factory=list)
    pages: list[Answer] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    on_sent: Callable[[int], object] = bool
    seen: list[Request] = field(default_factory=list)

    def files_seen(self) -> list[Request]:
        return [request for request in self.seen if request.path.endswith(".whl")]


class Handler(BaseHTTPRequestHandler):
    manners: Manners

    def do_GET(self) -> None:
        manners = self.manners
        path = urlsplit(self.path).path
        request = Request(self.path, self.headers["Range"], self.headers["Authorization"])
        manners.seen.append(request)
        is_file = path.endswith(".whl")
        queue = manners.instead if is_file else manners.pages
        if queue:
            self._answer(queue.pop(0))
        elif manners.credentials and request.authorization != _basic(manners.credentials):
            self._answer(Answer(401))
        elif is_file:
            self._file(request.range)
        elif path == f"/simple/{PACKAGE}/":
            self._answer(self._page())
        else:
            self._answer(Answer(404))

    def _page(self) -> Answer:
        manners = self.manners
        sha256 = hashlib.sha256(manners.wheel).hexdigest()
        if manners.page == "json":
            file = {"filename": FILENAME, "url": manners.link, "hashes": {"sha256": sha256} if manners.hashes else {}}
            body = json.dumps({"meta": {"api-version": "1.0"}, "name": PACKAGE, "files": [file]}).encode()
            return Answer(200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, body)
        link = manners.link + (f"#sha256={sha256}" if manners.hashes else "")
        body = f'<!DOCTYPE html><a href="/files/other.whl">other.whl</a><br><a href="{link}">{FILENAME}</a>'.encode()
        return Answer(200, {"Content-Type": "text/html"}, body)

    def _file(self, asked: str | None) -> None:
        wheel = self.manners.wheel
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked or "")
        if found and self.manners.ranges:
            start, stop = int(found[1]), int(found[2]) + 1
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(wheel)}")
            body = wheel[start:stop]
        else:
            self.send_response(200)
            body = wheel
        if self.manners.lengths:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        end = self.manners.cuts.pop(0) if self.manners.cuts else len(body)
        for sent in range(0, end, STEP):
            self.manners.on_sent(sent)
            self.wfile.write(body[sent : min(sent + STEP, end)])

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def handle(self) -> None:
        # A client that was killed is no news.
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@contextmanager
def serving(manners: Manners) -> Iterator[str]:
    """The address of the index's simple API, as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mannered", (Handler,), {"manners": manners}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"
