"""Several questions in one `images:annotate`: up to 16 pictures, and of each all its features, so that it travels once.

Google bills features, not requests: nothing is saved but time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from visionhub.errors import DecodeError, VisionError
from visionhub.providers.google.annotate import LIMITS, OPERATION, OWN
from visionhub.wire import Request, Response

# Of all pictures in a request: 10 MB of JSON, of which base64 takes four bytes for three.
MOST_BYTES = 7_400_000
# What each feature fills. Both readings of text fill the same, and the one for documents would win.
TEXT = ("textAnnotations", "fullTextAnnotation")
FILLED: Mapping[str, tuple[str, ...]] = {
    "LABEL_DETECTION": ("labelAnnotations",), "OBJECT_LOCALIZATION": ("localizedObjectAnnotations",),
    "FACE_DETECTION": ("faceAnnotations",), "SAFE_SEARCH_DETECTION": ("safeSearchAnnotation",),
    "TEXT_DETECTION": TEXT, "DOCUMENT_TEXT_DETECTION": TEXT,
}  # fmt: skip
CONTEXT = "imageContext"


@dataclass(slots=True)
class _Picture:
    """One picture, what goes beside it, and the features that are asked of it; `members` are places of the requests."""

    content: bytes
    beside: Mapping[str, Any]
    features: list[Mapping[str, Any]] = field(default_factory=list)
    members: list[int] = field(default_factory=list)

    def takes(self, content: bytes, beside: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the question is about this picture, and gets and spoils no other one's answer."""
        mine, own = _filled(self.features), _filled(features)
        return (
            mine is not None and own is not None and mine.isdisjoint(own)
            and _joined(self.beside, beside) is not None and content == self.content
        )  # fmt: skip


def fitting(requests: Sequence[Request]) -> int:
    """See `BatchWire`: those of up to 16 pictures, of together 10 MB of JSON."""
    return sum(len(one.members) for one in _pictures(requests))


def merged(requests: Sequence[Request]) -> Request:
    """See `BatchWire`."""
    return Request(
        OPERATION,
        {
            "requests": [
                {"image": {"content": one.content}, "features": one.features, **one.beside}
                for one in _pictures(requests)
            ]
        },
    )


def parts(response: Response, requests: Sequence[Request]) -> list[Response | VisionError]:
    """See `BatchWire`: of what was said of a picture, each question gets what its features fill."""
    pictures = _pictures(requests)
    said = response.body.get("responses") if isinstance(response.body, dict) else None
    if not isinstance(said, list) or len(said) != len(pictures):
        return [DecodeError(f"Google did not answer each of the {len(pictures)} pictures.") for _ in requests]
    found: dict[int, Response | VisionError] = {}
    for picture, told in zip(pictures, said, strict=True):
        for place in picture.members:
            own = told if len(picture.members) == 1 else _own(told, requests[place].body["requests"][0]["features"])
            found[place] = Response({"responses": [own]}, response.status, response.request_id)
    return [found[place] for place in range(len(requests))]


def _own(told: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What one question's features filled. What is filled is right, also beside an error, which then is another's."""
    own = {name: told[name] for name in _filled(features) or () if name in told}
    return own or {name: told[name] for name in ("error",) if name in told}


def _pictures(requests: Sequence[Request]) -> list[_Picture]:
    """The pictures of the requests, from the first on, as many as fit into one."""
    found: list[_Picture] = []
    total = 0
    for place, request in enumerate(requests):
        one = request.body["requests"][0]
        content, features = one["image"]["content"], one["features"]
        beside = {name: value for name, value in one.items() if name not in OWN}
        picture = next((known for known in found if known.takes(content, beside, features)), None)
        if picture is None:
            total += len(content)
            if len(found) == LIMITS["batch"] or (found and total > MOST_BYTES):
                break
            picture = _Picture(content, beside)
            found.append(picture)
        else:
            picture.beside = _joined(picture.beside, beside) or {}
        picture.features = [*picture.features, *features]
        picture.members.append(place)
    return found


def _filled(features: Sequence[Mapping[str, Any]]) -> set[str] | None:
    """The members of an answer that these features fill; None where one of them is not known."""
    kinds = [feature.get("type") for feature in features]
    return {name for kind in kinds for name in FILLED[kind]} if all(kind in FILLED for kind in kinds) else None


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any] | None:
    """What goes beside a picture for both questions; None where they contradict each other.

    Each member of the context is for one kind of feature: languages are for text.
    """
    contexts = [one[CONTEXT] for one in (first, second) if CONTEXT in one]
    plain = [{name: value for name, value in one.items() if name != CONTEXT} for one in (first, second)]
    if plain[0] != plain[1] or not all(isinstance(one, Mapping) for one in contexts):
        return None
    context: dict[str, Any] = {}
    for one in contexts:
        if any(context.get(name, value) != value for name, value in one.items()):
            return None
        context |= one
    return {**plain[0], **({CONTEXT: context} if contexts else {})}
