"""Cassettes that can be read and published: for pytest-recording (vcrpy), in place of its own YAML.

Bodies stand there as the JSON they are; pictures are replaced by their hash, boundaries of multipart by a fixed one, hosts by
`vendor.invalid`; of headers only those on a list remain, so that no key is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

KEPT = frozenset({"content-type", "x-amz-target", "retry-after"})
HOST = "vendor.invalid"
# Shorter ones are no pictures.
BASE64 = re.compile(r"(?:data:[\w/+.-]+;base64,)?([A-Za-z0-9+/]{200,}={0,2})")
BOUNDARY = re.compile(r"boundary=([^;\s\"]+)")
STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")


def request(known: Any) -> Any:
    """`before_record_request`: what is kept of a request, and compared when it is played."""
    kind = str(_first(known.headers, "content-type"))
    body = (
        known.body
        if isinstance(known.body, bytes)
        else (known.body or b"" if not hasattr(known.body, "read") else known.body.read())
    )
    body = body.encode() if isinstance(body, str) else bytes(body)
    if match := BOUNDARY.search(kind):
        body = body.replace(match[1].encode(), b"boundary")
        kind = kind.replace(match[1], "boundary")
    known.body = _readable(body)
    known.headers = {name: value for name, value in _kept(known.headers).items() if name != "content-type"}
    if kind:
        known.headers["content-type"] = kind
    parts = urlsplit(known.uri)
    known.uri = urlunsplit(("http", HOST, parts.path, parts.query, ""))
    return known


def response(known: dict[str, Any]) -> dict[str, Any]:
    """`before_record_response`: what is kept of an answer."""
    return {**known, "headers": {name: [value] for name, value in _kept(known["headers"]).items()}}


def _kept(headers: Any) -> dict[str, str]:
    return {name.lower(): _text(value) for name, value in headers.items() if name.lower() in KEPT}


def _first(headers: Any, name: str) -> str:
    return next((_text(value) for key, value in headers.items() if key.lower() == name), "")


def _text(value: Any) -> str:
    one = value[0] if isinstance(value, list) else value
    return one.decode("latin-1") if isinstance(one, bytes) else str(one)


def _readable(body: bytes) -> bytes:
    """A body without its pictures' bytes."""
    try:
        return BASE64.sub(lambda match: _hash(b64decode(match[1])), body.decode()).encode()
    except UnicodeDecodeError:
        pass
    if body.startswith(STARTS):
        return _hash(body).encode()
    # Multipart: each part's head is text, and what follows it may be a picture.
    parts = body.split(b"--boundary")
    return b"--boundary".join(_part(part) for part in parts)


def _part(part: bytes) -> bytes:
    head, gap, content = part.partition(b"\r\n\r\n")
    return head + gap + _hash(content.removesuffix(b"\r\n")).encode() + b"\r\n" if content.startswith(STARTS) else part


def _hash(picture: bytes) -> str:
    return f"picture-sha256-{hashlib.sha256(picture).hexdigest()}"


class Readable:
    """A vcrpy serializer. `origin` is the first line of the file: whom it was recorded against."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def serialize(self, cassette: dict[str, Any]) -> str:
        """Bodies of JSON as JSON."""
        exchanges = [
            {"request": _opened(one["request"]), "response": _opened(one["response"])}
            for one in cassette["interactions"]
        ]
        text = yaml.safe_dump({"version": 1, "interactions": exchanges}, sort_keys=False, allow_unicode=True, width=120)
        return f"# {self._origin}\n{text}"

    def deserialize(self, text: str) -> dict[str, Any]:
        """The same bodies again, as bytes."""
        known: dict[str, Any] = yaml.safe_load(text)
        for one in known["interactions"]:
            one["request"] = _closed(one["request"])
            one["response"] = _closed(one["response"])
            one["response"]["body"] = {"string": one["response"]["body"]}
        return known


def _opened(part: dict[str, Any]) -> dict[str, Any]:
    body = part["body"]
    raw = body.get("string", b"") if isinstance(body, dict) else body
    text = raw.decode() if isinstance(raw, bytes) else raw or ""
    rest = {name: value for name, value in part.items() if name != "body"}
    try:
        return {**rest, "json": json.loads(text)}
    except ValueError:
        return {**rest, "text": text}


def _closed(part: dict[str, Any]) -> dict[str, Any]:
    known = dict(part)
    body = json.dumps(known.pop("json"), ensure_ascii=False) if "json" in known else known.pop("text")
    return {**known, "body": body.encode()}
