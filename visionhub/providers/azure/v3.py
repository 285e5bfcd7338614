"""Stored answers of Image Analysis 2 and 3 and of their Read: never asked for, but read as if version 4.0 had said them.

What 4.0 has no word for keeps its own: `parent` of an object, `tags` of a caption, `page` and `language` of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def renewed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A body of version 4.0, whichever it was."""
    said = dict(body)
    if "tags" in body:
        said["tagsResult"] = {"values": body["tags"]}
    if "objects" in body:
        said["objectsResult"] = {"values": [_object(one) for one in body["objects"]]}
    if captions := body.get("description", {}).get("captions"):
        said["captionResult"] = {**captions[0], "tags": body["description"].get("tags", [])}
    if blocks := list(_blocks(body)):
        said["readResult"] = {"blocks": blocks}
    return said


def _object(said: Mapping[str, Any]) -> dict[str, Any]:
    named = {"tags": [{"name": said["object"], "confidence": said["confidence"]}]}
    return {"boundingBox": said["rectangle"], **named, "parent": said.get("parent")}


def _blocks(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A block a page, or a region of the oldest OCR."""
    pages = body.get("analyzeResult", {}).get("readResults") or body.get("recognitionResults") or ()
    for page in (*pages, *([body["recognitionResult"]] if "recognitionResult" in body else ())):
        # In pixels or, of a PDF, in inches: both are shares of the page alike.
        size = {name: page[name] for name in ("width", "height") if name in page}
        lines = [_line(one, one["text"]) for one in page["lines"]]
        yield {"lines": lines, "page": page.get("page", 1), "metadata": size or None}
    for region in body.get("regions", ()):
        if body.get("orientation") not in ("Up", "NotDetected") or body.get("textAngle"):
            raise ValueError("places of a picture that was turned")
        space = "" if str(body.get("language")).startswith(("zh", "ja")) else " "
        lines = [_line(one, space.join(word["text"] for word in one["words"])) for one in region["lines"]]
        yield {"lines": lines, "language": body.get("language")}


def _line(said: Mapping[str, Any], text: str) -> dict[str, Any]:
    words = [
        {"text": one["text"], "boundingPolygon": _corners(one["boundingBox"]), "confidence": _number(one)}
        for one in said.get("words", ())
    ]
    return {"text": text, "boundingPolygon": _corners(said["boundingBox"]), "words": words}


def _number(word: Mapping[str, Any]) -> float | None:
    """The confidence, which some versions tell in a word, or not at all."""
    said = word.get("confidence")
    return said if isinstance(said, int | float) else None


def _corners(said: str | list[float]) -> list[dict[str, float]]:
    """Of eight numbers, or of a text: `left,top,width,height`."""
    if isinstance(said, str):
        left, top, width, height = map(int, said.split(","))
        said = [left, top, left + width, top, left + width, top + height, left, top + height]
    return [{"x": x, "y": y} for x, y in zip(said[::2], said[1::2], strict=True)]
