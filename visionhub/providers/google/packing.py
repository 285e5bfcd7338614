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
CONTEXT, OF_TEXT = "imageContext", ("languageHints", "textDetectionParams")


@dataclass(slots=True)
class _Picture:
    """One picture, the features that are asked of it, and what goes beside them: for all, and for text alone.

    `members` are the places of the requests.
    """

    content: bytes
    beside: Mapping[str, Any]
    of_text: Mapping[str, Any] = field(default_factory=dict)
    features: list[Mapping[str, Any]] = field(default_factory=list)
    members: list[int] = field(default_factory=list)

    def takes(self, content: bytes, beside: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the question is about this picture, and gets and changes no other one's answer."""
        mine, own = _filled(self.features), _filled(features)
        is_new = mine is not None and own is not None and mine.isdisjoint(own)
        return is_new and beside == self.beside and content == self.content

    def asked(self) -> dict[str, Any]:
        """One of the request's members."""
        context = {CONTEXT: {**self.beside.get(CONTEXT, {}), **self.of_text}} if self.of_text else {}
        return {"image": {"content": self.content}, "features": self.features, **self.beside, **context}


def fitting(requests: Sequence[Request]) -> int:
    """See `BatchWire`: those of up to 16 pictures, of together 10 MB of JSON."""
    return sum(len(one.members) for one in _pictures(requests))


def merged(requests: Sequence[Request]) -> Request:
    """See `BatchWire`."""
    return Request(OPERATION, {"requests": [one.asked() for one in _pictures(requests)]})


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
        beside, of_text = _beside(one)
        picture = next((known for known in found if known.takes(content, beside, features)), None)
        if picture is None:
            total += len(content)
            if len(found) == LIMITS["batch"] or (found and total > MOST_BYTES):
                break
            picture = _Picture(content, beside)
            found.append(picture)
        picture.of_text = {**picture.of_text, **of_text}
        picture.features = [*picture.features, *features]
        picture.members.append(place)
    return found


def _filled(features: Sequence[Mapping[str, Any]]) -> set[str] | None:
    """The members of an answer that these features fill; None where one of them is not known."""
    kinds = [str(feature.get("type")) for feature in features]
    return {name for kind in kinds for name in FILLED[kind]} if all(kind in FILLED for kind in kinds) else None


def _beside(one: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes beside a picture and its features, and what of the context concerns but text, where text is asked for."""
    rest = {name: value for name, value in one.items() if name not in OWN}
    context = rest.get(CONTEXT)
    if not isinstance(context, Mapping) or not (_filled(one["features"]) or set()) & set(TEXT):
        return rest, {}
    others = {name: value for name, value in context.items() if name not in OF_TEXT}
    beside = {name: value for name, value in rest.items() if name != CONTEXT} | ({CONTEXT: others} if others else {})
    return beside, {name: value for name, value in context.items() if name in OF_TEXT}
