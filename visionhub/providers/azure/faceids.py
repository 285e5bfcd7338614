"""The faces that the gateway was asked to remember, by their ids: each with the picture in which it was found."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any
from uuid import UUID

from visionhub.errors import InputError
from visionhub.image import Image

MOST = 100
# Of a face's own size, on each side: so much of what is around it helps to find it again.
AROUND = 0.3
# A picture, and the part of it that shows the face, in pixels; None where it is the largest face of the whole.
_Kept = tuple[bytes, tuple[int, int, int, int] | None]
_FACES: OrderedDict[str, _Kept] = OrderedDict()
_LOCK = Lock()


def remember(picture: bytes, faces: Sequence[Mapping[str, int]]) -> list[str]:
    """Ids for the `faceRectangle`s found in a picture; the oldest faces are forgotten."""
    sizes = [said["width"] * said["height"] for said in faces]
    names = []
    for number, said in enumerate(faces):
        place = None if number == sizes.index(max(sizes)) else _around(said)
        digest = hashlib.sha256(b"%d %s" % (number, picture)).digest()
        names.append(str(UUID(bytes=digest[:16])))
        with _LOCK:
            _FACES[names[-1]] = picture, place
            while len(_FACES) > MOST:
                _FACES.popitem(last=False)
    return names


def recall(name: Any) -> bytes:
    """A picture in which that face is the largest. Raises `InputError` for one that is not known."""
    with _LOCK:
        if name not in _FACES:
            raise InputError("Face is not found. The faceId is expired or not exist.", code="FaceNotFound")
        picture, place = _FACES[name]
    return picture if place is None else _cut(picture, place)


def _around(said: Mapping[str, int]) -> tuple[int, int, int, int]:
    more = round(AROUND * max(said["width"], said["height"]))
    left, top = said["left"], said["top"]
    return left - more, top - more, left + said["width"] + more, top + said["height"] + more


def _cut(picture: bytes, place: tuple[int, int, int, int]) -> bytes:
    whole = Image(picture).rgb()
    left, top, right, bottom = place
    part = whole.crop((max(0, left), max(0, top), min(whole.width, right), min(whole.height, bottom)))
    written = io.BytesIO()
    part.save(written, "PNG")
    return written.getvalue()
