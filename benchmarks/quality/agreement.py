"""The same picture as several vendors once saw it, from their recorded answers, all in one frame.

For each pair of vendors, how far the boxes of equally named things overlap (intersection over union, the best match of each thing
that both name), and of the largest faces; of pages, how alike the texts are. Vendors differ in what they see: a low figure need not
be anybody's mistake, but a frame that was misread would make all of a vendor's figures zero.
"""

from __future__ import annotations

import json
import os
from itertools import combinations
from pathlib import Path
from typing import Any

from rapidfuzz.fuzz import ratio

from benchmarks.figures import Figures, SkippedError
from visionhub import Box, Detections, Faces, Text, decode

FOLDER = Path(os.environ.get("SHARED_DATA") or Path(__file__).parents[3] / "shared") / "vendor-responses"
ROOM, FACE, PAGE = (1920, 1080), (225, 225), (336, 484)
OBJECTS = {
    "google": "google-cloud-vision/object-localization/living-room", "aws": "aws-rekognition/detect-labels/living-room-empty-instances",
    "clarifai": "clarifai/object-detection/living-room", "api4ai": "api4ai/object-detection/living-room",
}  # fmt: skip
FACES = {
    "google": "google-cloud-vision/face-detection/one-face-missing-y", "aws": "aws-rekognition/detect-faces/glasses",
    "azure": "azure-face/detect/one-face-landmarks", "clarifai": "clarifai/face-detection/one-face",
    "api4ai": "api4ai/face-detection/one-face",
}  # fmt: skip
PAGES = {
    "google": "google-cloud-vision/text-detection/zh-negative-coordinates",
    "api4ai": "api4ai/ocr/negative-coordinate",
}
# One word for what vendors call differently.
SAME = {
    "sofa": "couch",
    "loveseat": "couch",
    "coffee table": "table",
    "desk": "table",
    "dining table": "table",
    "houseplant": "plant",
    "potted plant": "plant",
}


def answer(vendor: str, name: str) -> Any:
    """A recorded answer, with the envelope that some were stored without."""
    raw = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    if vendor == "google" and "responses" not in raw:
        return {"responses": [raw]}
    if vendor == "clarifai" and "outputs" not in raw:
        status = {"code": 10000, "description": "Ok"}
        return {"status": status, "outputs": [{"status": status, "data": raw}]}
    return raw


def things(vendor: str) -> dict[str, list[Box]]:
    """Boxes by name; only those that are fairly sure."""
    found = decode(vendor, "detect", answer(vendor, OBJECTS[vendor]), size=ROOM)
    assert isinstance(found, Detections)
    boxes: dict[str, list[Box]] = {}
    for one in found.objects:
        if (one.score or 0) >= 0.3:
            name = one.name.casefold()
            boxes.setdefault(SAME.get(name, name), []).append(one.box)
    return boxes


def overlap(first: dict[str, list[Box]], other: dict[str, list[Box]]) -> str:
    """Of each name that both say: the best overlap of each thing, averaged."""
    shared = sorted(first.keys() & other.keys())
    told = []
    for name in shared:
        fewer, more = sorted((first[name], other[name]), key=len)
        told.append(f"{name} {sum(max(a.iou(b) for b in more) for a in fewer) / len(fewer):.2f} ({len(fewer)})")
    return ", ".join(told) or "no name in common"


def measure() -> Figures:
    if not FOLDER.is_dir():
        raise SkippedError("no recorded answers: set SHARED_DATA")
    seen = {vendor: things(vendor) for vendor in OBJECTS}
    figures: Figures = {
        f"objects.png: {one}, {other}": overlap(seen[one], seen[other]) for one, other in combinations(OBJECTS, 2)
    }
    faces = {}
    for vendor, name in FACES.items():
        found = decode(vendor, "faces", answer(vendor, name), size=FACE)
        assert isinstance(found, Faces)
        faces[vendor] = max(found.faces, key=lambda face: face.box.area)
    for one, other in combinations(FACES, 2):
        figures[f"face.jpeg: {one}, {other}"] = faces[one].box.iou(faces[other].box)
    for name in ("left_eye", "right_eye", "nose"):
        places = [face.landmarks[name] for face in faces.values() if name in face.landmarks]
        figures[f"face.jpeg: {name}, widest apart"] = max(
            max(abs(a.x - b.x), abs(a.y - b.y)) for a, b in combinations(places, 2)
        )
    texts = []
    for vendor, name in PAGES.items():
        page = decode(vendor, "ocr", answer(vendor, name), size=PAGE)
        assert isinstance(page, Text)
        texts.append("".join(page.text.split()))
    figures["ocr_bis.png: google, api4ai, texts alike, %"] = ratio(*texts)
    return figures
