"""boto3 itself against the gateway: it reads the answers, and sends what our wire sends."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import Any

import boto3
import pytest
from PIL import Image as Pillow

from tests.clouds.aws.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import VisionError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.tasks import (
    CaptionCall,
    ClassifyCall,
    CompareCall,
    DetectCall,
    FacesCall,
    GenerateCall,
    ModerateCall,
    OcrCall,
)
from visionhub.testing import pictures, results

PICTURE = pictures.encoded(pictures.scene(), "JPEG")
IMAGE = Image(PICTURE, name="scene.jpg")
SERVICES = ("rekognition", "textract", "bedrock-runtime")


def client(service: str, url: str) -> Any:
    known = at(url)
    return boto3.client(
        service, endpoint_url=url, region_name=known["region"],
        aws_access_key_id=known["access_key_id"], aws_secret_access_key=known["secret_access_key"],
    )  # fmt: skip


def test_labels_and_instances(gateway: str) -> None:
    said = client("rekognition", gateway).detect_labels(Image={"Bytes": PICTURE})
    labels = results.answer(ClassifyCall(image=IMAGE)).labels
    objects = results.answer(DetectCall(image=IMAGE)).objects
    assert {label.name for label in labels} <= {label["Name"] for label in said["Labels"]}
    boxes = [one["BoundingBox"] for label in said["Labels"] for one in label["Instances"]]
    assert sorted(box["Left"] for box in boxes) == pytest.approx(sorted(found.box.x0 for found in objects))
    assert said["ResponseMetadata"]["RequestId"]


def test_at_most_so_many_labels(gateway: str) -> None:
    assert len(client("rekognition", gateway).detect_labels(Image={"Bytes": PICTURE}, MaxLabels=2)["Labels"]) == 2


@pytest.mark.parametrize("service", ["rekognition", "textract"])
def test_lines(gateway: str, service: str) -> None:
    lines = results.answer(OcrCall(image=IMAGE)).lines
    if service == "textract":
        said = client(service, gateway).detect_document_text(Document={"Bytes": PICTURE})["Blocks"]
        read = [block["Text"] for block in said if block["BlockType"] == "LINE"]
    else:
        said = client(service, gateway).detect_text(Image={"Bytes": PICTURE})["TextDetections"]
        read = [item["DetectedText"] for item in said if item["Type"] == "LINE"]
    assert read == [line.text for line in lines]


def test_faces_and_their_comparison(gateway: str) -> None:
    rekognition = client("rekognition", gateway)
    faces = results.answer(FacesCall(image=IMAGE)).faces
    said = rekognition.detect_faces(Image={"Bytes": PICTURE}, Attributes=["ALL"])["FaceDetails"]
    assert [face["BoundingBox"]["Left"] for face in said] == pytest.approx([face.box.x0 for face in faces])
    answer = results.answer(CompareCall(image=IMAGE, other=IMAGE))
    compared = rekognition.compare_faces(SourceImage={"Bytes": PICTURE}, TargetImage={"Bytes": PICTURE})
    assert bool(compared["FaceMatches"]) == answer.same


def test_moderation_captions_and_pictures(gateway: str) -> None:
    flagged = {found.native for found in results.answer(ModerateCall(image=IMAGE)).categories if found.flagged}
    labels = client("rekognition", gateway).detect_moderation_labels(Image={"Bytes": PICTURE})["ModerationLabels"]
    assert len(labels) == len(flagged - {"medical", "spoof"})
    bedrock = client("bedrock-runtime", gateway)
    content = [{"image": {"format": "jpeg", "source": {"bytes": PICTURE}}}, {"text": "What is it?"}]
    told = bedrock.converse(modelId="any", messages=[{"role": "user", "content": content}])
    caption = results.answer(CaptionCall(image=IMAGE, question="What is it?"))
    assert told["output"]["message"]["content"][0]["text"] == caption.text
    made = bedrock.invoke_model(modelId="any", body=json.dumps({"prompt": "a house"}))
    with Pillow.open(io.BytesIO(b64decode(json.loads(made["body"].read())["images"][0]))) as picture:
        assert picture.size == (512, 512)


def test_a_broken_picture_is_the_vendors_own_error(gateway: str) -> None:
    rekognition = client("rekognition", gateway)
    with pytest.raises(rekognition.exceptions.InvalidImageFormatException):
        rekognition.detect_faces(Image={"Bytes": b"broken"})


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        (DetectCall(image=IMAGE, min_score=0.3), lambda c: c["rekognition"].detect_labels(Image={"Bytes": PICTURE}, MinConfidence=30.0)),
        (OcrCall(image=IMAGE, model="textract"), lambda c: c["textract"].detect_document_text(Document={"Bytes": PICTURE})),
        (FacesCall(image=IMAGE, attributes=("age",)), lambda c: c["rekognition"].detect_faces(Image={"Bytes": PICTURE}, Attributes=["AGE_RANGE"])),
        (GenerateCall(prompt="a", model="m"), lambda c: c["bedrock-runtime"].invoke_model(
            modelId="m", body=json.dumps({"prompt": "a", "mode": "text-to-image", "output_format": "png"}))),
    ],
)  # fmt: skip
def test_the_same_question_is_the_same_bytes(call: Any, asked: Any) -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("aws").with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(call))
        asked({service: client(service, url) for service in SERVICES})
        provider.close()
    ours, theirs = vendor.asked
    assert ours[0] == theirs[0]
    assert ours[2] == theirs[2]
    assert ours[1].get("x-amz-target") == theirs[1].get("x-amz-target")
