"""Six vendors' own clients read what the local models say of a real photograph, as they would their vendor's answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential

from tests.clouds.aws.test_sdk import client as aws
from tests.clouds.clarifai.test_sdk import ask as ask_clarifai
from tests.clouds.clarifai.test_sdk import picture as clarifai_picture
from tests.clouds.google.test_sdk import client as google
from tests.clouds.openai.test_suite import at as openai_at
from tests.clouds.server import serving
from tests.test_conformance import STORE
from visionhub import registry
from visionhub.config import Settings
from visionhub.gateway import Gateway
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.kit.openai import data_uri
from visionhub.providers.local.cards import all_cards
from visionhub.providers.local.samples import pictures
from visionhub.tasks import DetectCall, Detections, Faces, Labels, Text
from visionhub.testing import pictures as drawn

pytestmark = pytest.mark.skipif(
    any(STORE.missing(card) for card in all_cards().values()), reason="the local weights are missing"
)
SETTINGS = Settings(offline=True)


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with serving(Gateway(AsyncHub("local", settings=SETTINGS))) as url:
        yield url


@pytest.fixture(scope="module")
def photo() -> bytes:
    return pictures(STORE)["astronaut"].read_bytes()


@pytest.fixture(scope="module")
def page() -> bytes:
    return drawn.encoded(drawn.page("The quick brown fox", "jumps over the lazy dog"))


@pytest.fixture(scope="module")
def own(photo: bytes, page: bytes) -> tuple[Labels, Detections, Faces, Text]:
    """What the local provider says itself."""
    with Hub("local", settings=SETTINGS) as hub:
        return hub.classify(photo), hub.detect(photo), hub.faces(photo), hub.ocr(page)


def test_google(gateway: str, photo: bytes, page: bytes, own: Any) -> None:
    labels, objects, faces, text = own
    names = ("LABEL_DETECTION", "OBJECT_LOCALIZATION", "FACE_DETECTION")
    asked = [
        {"image": {"content": photo}, "features": [{"type_": name} for name in names]},
        {"image": {"content": page}, "features": [{"type_": "DOCUMENT_TEXT_DETECTION"}]},
    ]
    seen, read = google(gateway).batch_annotate_images(requests=asked).responses
    assert [(one.description, one.score) for one in seen.label_annotations] == [
        (label.name, pytest.approx(label.score)) for label in labels.labels
    ]
    assert [(one.name, one.bounding_poly.normalized_vertices[0].x) for one in seen.localized_object_annotations] == [
        (found.name, pytest.approx(found.box.x0)) for found in objects.objects
    ]
    width = Image(photo).width
    assert [one.bounding_poly.vertices[0].x for one in seen.face_annotations] == [
        round(f.box.x0 * width) for f in faces.faces
    ]
    assert read.full_text_annotation.text == text.text


def test_aws(gateway: str, photo: bytes, page: bytes, own: Any) -> None:
    labels, objects, faces, text = own
    rekognition = aws("rekognition", gateway)
    said = rekognition.detect_labels(Image={"Bytes": photo})["Labels"]
    assert {label.name for label in labels.labels} <= {one["Name"] for one in said}
    lefts = sorted(one["BoundingBox"]["Left"] for label in said for one in label["Instances"])
    assert lefts == pytest.approx(sorted(found.box.x0 for found in objects.objects))
    found = rekognition.detect_faces(Image={"Bytes": photo})["FaceDetails"]
    assert [one["BoundingBox"]["Left"] for one in found] == pytest.approx([face.box.x0 for face in faces.faces])
    eyes = {one["Type"]: one["X"] for one in found[0]["Landmarks"]}
    assert eyes["eyeLeft"] == pytest.approx(faces.faces[0].landmarks["right_eye"].x)
    read = rekognition.detect_text(Image={"Bytes": page})["TextDetections"]
    assert [one["DetectedText"] for one in read if one["Type"] == "LINE"] == [line.text for line in text.lines]


def test_azure(gateway: str, photo: bytes, page: bytes, own: Any) -> None:
    labels, objects, _, text = own
    seen_features: Any = ["tags", "objects"]
    read_features: Any = ["read"]
    with ImageAnalysisClient(gateway, AzureKeyCredential("key")) as client:
        seen, read = client.analyze(photo, seen_features), client.analyze(page, read_features)
    assert seen.tags
    assert seen.objects
    assert read.read
    assert [tag.name for tag in seen.tags.list] == [label.name for label in labels.labels]
    size = Image(photo).width
    assert [one.bounding_box.x for one in seen.objects.list] == [
        round(found.box.x0 * size) for found in objects.objects
    ]
    assert [line.text for block in read.read.blocks for line in block.lines] == [line.text for line in text.lines]


def test_openai(gateway: str, photo: bytes, own: Any) -> None:
    codec = registry.get("openai").codec("detect")
    assert codec
    shape = codec.encode(DetectCall(image=Image(photo))).body["text"]
    turn: Any = [{"role": "user", "content": [{"type": "input_image", "image_url": data_uri(photo)}]}]
    with openai.OpenAI(max_retries=0, **openai_at(gateway)) as client:
        said = json.loads(client.responses.create(model="any", input=turn, text=shape).output_text)
    assert [(one["name"], one["box"][0]) for one in said["items"]] == [
        (found.name, round(1000 * found.box.x0)) for found in own[1].objects
    ]


def test_clarifai(gateway: str, photo: bytes, own: Any) -> None:
    said = ask_clarifai(gateway, "general-image-recognition", clarifai_picture(photo))
    assert [concept.name for concept in said.outputs[0].data.concepts] == [label.name for label in own[0].labels]


def test_api4ai(gateway: str, photo: bytes, own: Any) -> None:
    said = httpx.post(f"{gateway}/general-det/v1/results", files={"image": ("photo", photo)}, timeout=60).json()
    objects = said["results"][0]["entities"][0]["objects"]
    assert [one["box"][0] for one in objects] == [found.box.x0 for found in own[1].objects]
