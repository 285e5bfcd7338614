"""The pictures of faces that the gateway was asked to remember, by the faces' ids."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from uuid import UUID

from visionhub.errors import InputError

MOST = 100
_PICTURES: OrderedDict[str, bytes] = OrderedDict()
_LOCK = Lock()


def remember(picture: bytes, number: int) -> str:
    """An id for the face of that number; the oldest pictures are forgotten."""
    digest = hashlib.sha256(picture + bytes([number % 256])).digest()
    name = str(UUID(bytes=digest[:16]))
    with _LOCK:
        _PICTURES[name] = picture
        while len(_PICTURES) > MOST:
            _PICTURES.popitem(last=False)
    return name


def recall(name: str) -> bytes:
    """The picture of a face. Raises `InputError` for one that is not known."""
    with _LOCK:
        if name not in _PICTURES:
            raise InputError("Face is not found. The faceId is expired or not exist.", code="FaceNotFound")
        return _PICTURES[name]
