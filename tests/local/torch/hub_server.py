"""A model hub on the loopback that behaves as badly as it is told to: as much of its HTTP API as fetching a repository takes.

Large files are redirected to another host, as the hub does; there the token must not go.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

STEP = 8_192
# From this size on a file is kept apart, and known by its SHA-256.
LARGE = 10_000
API = re.compile(r"/api/models/([^/]+/[^/]+)/(revision|tree)/(.+)")
RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")

Files = Mapping[str, bytes]


def commit_of(files: Files) -> str:
    """The name of a commit with these files."""
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


def blob_of(data: bytes) -> str:
    """What a file's content is called."""
    if len(data) >= LARGE:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Request:
    method: str
    path: str
    host: str
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
    """What the hub holds and does; changed by the tests while it runs.

    branches    the files at the tip of each branch, by `owner/name` and branch
    commits     those of every commit, by `owner/name` and commit
    damaged     contents sent instead of the right ones, by path
    instead     answers that come first, one a request for a listing; `files_instead` the same for files
    cuts        after how many bytes the line breaks, one a request for a large file
    on_sent     told how many bytes of a large file were sent, before each further step of them
    credentials what the header Authorization must be
    """

    branches: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: dict[tuple[str, str], Files] = field(default_factory=dict)
    damaged: dict[str, bytes] = field(default_factory=dict)
    instead: list[Answer] = field(default_factory=list)
    files_instead: list[Answer] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    on_sent: Callable[[int], object] = bool
    ranges: bool = True
    credentials: str | None = None
    seen: list[Request] = field(default_factory=list)

    def push(self, repo: str, files: Files, branch: str = "main") -> str:
        """Puts a commit at the tip of a branch, and returns its name."""
        commit = commit_of(files)
        self.commits[repo, commit] = files
        self.branches[repo, branch] = commit
        return commit

    def fetched(self) -> list[str]:
        """The files that were asked for."""
        asked = [RESOLVE.fullmatch(request.path) for request in self.seen if request.method == "GET"]
        return [unquote(found[3]) for found in asked if found]


class Handler(BaseHTTPRequestHandler):
    manners: Manners

    def do_HEAD(self) -> None:
        self._respond()

    def do_GET(self) -> None:
        self._respond()

    def _respond(self) -> None:
        manners, path = self.manners, urlsplit(self.path).path
        request = Request(
            self.command, path, self.headers["Host"], self.headers["Range"], self.headers["Authorization"]
        )
        manners.seen.append(request)
        if cdn := re.fullmatch(r"/cdn/([0-9a-f]+)", path):
            self._large(cdn[1], request.range)
        elif manners.credentials and request.authorization != manners.credentials:
            self._answer(Answer(401))
        elif api := API.fullmatch(path):
            self._answer(
                manners.instead.pop(0)
                if manners.instead
                else self._listing(api[1], unquote(api[3]), is_tree=api[2] == "tree")
            )
        elif resolve := RESOLVE.fullmatch(path):
            self._answer(
                manners.files_instead.pop(0)
                if manners.files_instead
                else self._file(resolve[1], resolve[2], unquote(resolve[3]))
            )
        else:
            self._answer(Answer(404))

    def _listing(self, repo: str, revision: str, *, is_tree: bool) -> Answer:
        """As an answer to us, or as the tree that huggingface_hub asks for."""
        manners = self.manners
        if repo not in {known for known, _ in manners.commits}:
            return Answer(401 if not self.headers["Authorization"] else 404, {"X-Error-Code": "RepoNotFound"})
        commit = manners.branches.get((repo, revision), revision)
        if (repo, commit) not in manners.commits:
            return Answer(404, {"X-Error-Code": "RevisionNotFound"})
        files = []
        for path, data in manners.commits[repo, commit].items():
            blob = blob_of(data)
            large = {"sha256": blob, "oid": blob, "size": len(data), "pointerSize": 134}
            entry = {
                "size": len(data),
                "type": "file",
                "path": path,
                "rfilename": path,
                "blobId": blob[:40],
                "oid": blob[:40],
            }
            files.append(entry | ({"lfs": large} if len(data) >= LARGE else {}))
        body = json.dumps(files if is_tree else {"id": repo, "sha": commit, "siblings": files}).encode()
        return Answer(200, {"Content-Type": "application/json"}, body)

    def _file(self, repo: str, revision: str, path: str) -> Answer:
        commit = self.manners.branches.get((repo, revision), revision)
        files = self.manners.commits.get((repo, commit), {})
        if path not in files:
            return Answer(404, {"X-Error-Code": "EntryNotFound"})
        data = files[path]
        known = {"X-Repo-Commit": commit, "ETag": f'"{blob_of(data)}"'}
        if len(data) < LARGE:
            return Answer(200, known, self.manners.damaged.get(path, data))
        large = {"X-Linked-ETag": f'"{blob_of(data)}"', "X-Linked-Size": str(len(data))}
        elsewhere = f"http://localhost:{self.connection.getsockname()[1]}/cdn/{blob_of(data)}?signature=secret"
        return Answer(302, {**known, **large, "Location": elsewhere})

    def _large(self, blob: str, asked: str | None) -> None:
        manners = self.manners
        path, data = next(
            (path, data) for files in manners.commits.values() for path, data in files.items() if blob_of(data) == blob
        )
        data = manners.damaged.get(path, data)
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked and manners.ranges else 0
        self.send_response(206 if asked and manners.ranges else 200)
        if asked and manners.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        body = data[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        end = manners.cuts.pop(0) if manners.cuts else len(body)
        for sent in range(0, end, STEP):
            manners.on_sent(sent)
            self.wfile.write(body[sent : min(sent + STEP, end)])
        self.close_connection = end < len(body)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
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
    """The address of the hub, as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mannered", (Handler,), {"manners": manners}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
