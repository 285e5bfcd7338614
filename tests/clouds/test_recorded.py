"""Every recorded answer of these vendors to a task of ours is read by `visionhub.decode`; what is none of ours is named."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import visionhub
from tests.clouds.bodies import body, manifest, needed
from visionhub.errors import DecodeError

pytestmark = needed
# By vendor and operation: whose codec reads it, and as what.
OURS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("api4ai", "face-detection"): ("api4ai", ("faces",)), ("api4ai", "nsfw"): ("api4ai", ("moderate",)),
    ("api4ai", "object-detection"): ("api4ai", ("detect",)), ("api4ai", "ocr"): ("api4ai", ("ocr",)),
    ("aws-bedrock", "converse-image-input"): ("aws", ("caption",)), ("aws-bedrock", "titan-image-generation"): ("aws", ("generate",)),
    ("aws-rekognition", "compare-faces"): ("aws", ("compare",)), ("aws-rekognition", "detect-faces"): ("aws", ("faces",)),
    ("aws-rekognition", "detect-labels"): ("aws", ("classify", "detect")), ("aws-rekognition", "detect-text"): ("aws", ("ocr",)),
    ("aws-rekognition", "detect-moderation-labels"): ("aws", ("moderate",)),
    ("aws-textract", "detect-document-text"): ("aws", ("ocr",)), ("aws-textract", "analyze-document"): ("aws", ("ocr",)),
    ("azure-content-safety", "image-analyze"): ("azure", ("moderate",)), ("azure-face", "detect"): ("azure", ("faces",)),
    ("azure-face", "verify"): ("azure", ("compare",)), ("azure-vision-v4", "all-features"): ("azure", ("classify", "detect", "ocr", "caption")),
    ("azure-vision-v4", "objects"): ("azure", ("detect",)), ("azure-vision-v4", "people"): ("azure", ("detect",)),
    ("azure-vision-v4", "read"): ("azure", ("ocr",)),
    ("clarifai", "general-concepts"): ("clarifai", ("classify",)), ("clarifai", "object-detection"): ("clarifai", ("detect",)),
    ("clarifai", "logo-detection"): ("clarifai", ("detect",)), ("clarifai", "face-detection"): ("clarifai", ("faces",)),
    ("clarifai", "face-demographics"): ("clarifai", ("faces",)), ("clarifai", "face-embedding"): ("clarifai", ("faces",)),
    ("clarifai", "face-recognition"): ("clarifai", ("faces",)), ("clarifai", "moderation"): ("clarifai", ("moderate",)),
    ("google-cloud-vision", "label-detection"): ("google", ("classify",)), ("google-cloud-vision", "object-localization"): ("google", ("detect",)),
    ("google-cloud-vision", "face-detection"): ("google", ("faces",)), ("google-cloud-vision", "safe-search"): ("google", ("moderate",)),
    ("google-cloud-vision", "text-detection"): ("google", ("ocr",)), ("google-cloud-vision", "document-text-detection"): ("google", ("ocr",)),
    ("google-gemini", "generate-content-caption"): ("google", ("caption",)), ("google-gemini", "generate-content-vqa"): ("google", ("caption",)),
    ("google-gemini", "generate-content-image"): ("google", ("generate",)),
    ("openai", "chat-image-input"): ("openai", ("caption",)), ("openai", "responses-image-input"): ("openai", ("caption",)),
    ("openai", "moderations"): ("openai", ("moderate",)), ("openai", "images-generations"): ("openai", ("generate",)),
    ("openai", "images-edits"): ("openai", ("generate",)),
    ("openai", "responses-image-generation-tool"): ("openai", ("generate",)),
}  # fmt: skip
# Tasks that are none of ours, and errors, which tests of each vendor read.
OTHERS = {
    "background-removal", "logo-detection", "titan-multimodal-embedding", "detect-protective-equipment", "index-faces",
    "recognize-celebrities", "search-faces", "search-faces-by-image", "async-job", "find-similar", "errors", "workflow", "crop-hints",
    "image-properties", "landmark-detection", "web-detection", "images-variations"
}  # fmt: skip
# Models that are gone named an address in place of a picture.
ADDRESSES = {"images-generations/dalle2-url", "images-generations/dalle3-revised-prompt", "images-edits/dalle2-url"}
VENDORS = sorted({vendor for vendor, _ in OURS})
ROWS = [row for row in manifest(*VENDORS) if (row["vendor"], row["operation"]) in OURS]


def whole(row: dict[str, str]) -> Any:
    """A body with the envelope that some were stored without."""
    raw = body(row["file"])
    if row["vendor"] == "google-cloud-vision" and "responses" not in raw:
        return {"responses": [{"safeSearchAnnotation": raw} if row["operation"] == "safe-search" else raw]}
    if row["vendor"] == "clarifai" and "outputs" not in raw:
        status = {"code": 10000, "description": "Ok"}
        return {"status": status, "outputs": [{"status": status, "data": raw}]}
    if row["operation"] == "verify":
        found = body("azure-face/detect/one-face-landmarks.json")
        return [found, found, raw]
    return raw


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_it_is_read(row: dict[str, str]) -> None:
    provider, tasks = OURS[row["vendor"], row["operation"]]
    for task in tasks:
        if any(name in row["file"] for name in ADDRESSES):
            with pytest.raises(DecodeError, match="address"):
                visionhub.decode(provider, task, whole(row))
        else:
            result = visionhub.decode(provider, task, whole(row), size=(2000, 2000))
            assert (result.task, result.provider) == (task, provider)
            assert type(result).model_validate(result.to_dict()).to_dict() == result.to_dict()


def test_nothing_is_left_out() -> None:
    assert {row["operation"] for row in manifest(*VENDORS)} == {name for _, name in OURS} | OTHERS
    assert Counter(row["kind"] for row in ROWS) == {"live-recorded": 53, "official-sample": 18}
