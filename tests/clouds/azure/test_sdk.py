"""Microsoft's own client against the gateway, blocking and async; and what goes to the services that have none here."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient as AsyncImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from tests.clouds.azure.test_suite import SECRET, at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import InputError, VisionError
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
FEATURES: Any = ["tags", "objects", "read", "caption", "denseCaptions"]
PROVIDER = registry.get("azure")


def check(said: Any) -> None:
    assert [tag.name for tag in said.tags.list] == [
        label.name for label in results.answer(ClassifyCall(image=IMAGE)).labels
    ]
    objects = results.answer(DetectCall(image=IMAGE)).objects
    assert [found.bounding_box.x for found in said.objects.list] == [round(one.box.x0 * 640) for one in objects]
    lines = results.answer(OcrCall(image=IMAGE)).lines
    assert [line.text for block in said.read.blocks for line in block.lines] == [line.text for line in lines]
    caption = results.answer(CaptionCall(image=IMAGE))
    assert (said.caption.text, len(said.dense_captions.list)) == (caption.text, len(caption.regions))
    assert (said.metadata.width, said.metadata.height) == (640, 480)


def test_several_features_at_once(gateway: str) -> None:
    with ImageAnalysisClient(gateway, AzureKeyCredential(SECRET)) as client:
        check(client.analyze(PICTURE, FEATURES))


def test_several_features_at_once_async(gateway: str) -> None:
    async def ask() -> Any:
        async with AsyncImageAnalysisClient(gateway, AzureKeyCredential(SECRET)) as client:
            return await client.analyze(PICTURE, FEATURES)

    check(asyncio.run(ask()))


def test_a_broken_picture_is_the_vendors_own_error(gateway: str) -> None:
    with ImageAnalysisClient(gateway, AzureKeyCredential(SECRET)) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(b"broken", FEATURES)
    assert caught.value.error
    assert caught.value.error.code == "InvalidRequest"


def test_faces_are_remembered_and_compared(gateway: str) -> None:
    provider = PROVIDER.with_options(at(gateway))
    call = CompareCall(image=IMAGE, other=Image(pictures.encoded(pictures.scene(320, 240)), name="other"))
    result, expected = run(provider(call)), results.answer(call)
    provider.close()
    assert result.same == expected.same
    faces = results.answer(FacesCall(image=IMAGE)).faces
    largest = max(faces, key=lambda face: face.box.area)
    assert result.a.box.iou(largest.box) > 0.95
    assert result.usage.units == 3


def test_a_face_that_is_not_known(gateway: str) -> None:
    said = httpx.post(f"{gateway}/face/v1.2/verify", json={"faceId1": "a", "faceId2": "b"})
    assert said.status_code == 404
    assert said.json()["error"]["code"] == "FaceNotFound"


def test_the_same_question_is_the_same_request() -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(DetectCall(image=IMAGE)))
        provider.close()
        objects: Any = ["objects"]
        with ImageAnalysisClient(url, AzureKeyCredential(SECRET), api_version="2023-10-01") as client:
            client.analyze(PICTURE, objects)
    (path, headers, ours), (their_path, their_headers, theirs) = vendor.asked
    assert (path, ours) == (their_path, theirs)
    for name in ("content-type", "ocp-apim-subscription-key"):
        assert headers[name] == their_headers[name]


def asked(call: Any) -> tuple[str, dict[str, str], bytes]:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(call))
        provider.close()
    return vendor.asked[0]


def test_what_goes_to_face() -> None:
    path, headers, sent = asked(FacesCall(image=IMAGE, attributes=("glasses",)))
    assert path.startswith("/face/v1.2/detect?")
    for part in ("detectionModel=detection_01", "returnFaceId=false", "returnFaceLandmarks=true", "headPose%2Cglasses"):
        assert part in path
    assert (headers["content-type"], headers["ocp-apim-subscription-key"], sent) == (
        "application/octet-stream",
        SECRET,
        PICTURE,
    )


def test_what_goes_to_content_safety() -> None:
    path, headers, sent = asked(ModerateCall(image=IMAGE))
    assert path == "/contentsafety/image:analyze?api-version=2023-10-01"
    assert list(json.loads(sent)) == ["image"]
    assert headers["ocp-apim-subscription-key"] == SECRET


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (CaptionCall(image=IMAGE, question="What?", model="mine"), "/openai/v1/responses"),
        (GenerateCall(prompt="a house", model="mine"), "/openai/v1/images/generations"),
    ],
)
def test_what_goes_to_azure_openai(call: Any, path: str) -> None:
    sent_to, headers, sent = asked(call)
    assert (sent_to, headers["api-key"], json.loads(sent)["model"]) == (path, SECRET, "mine")


def test_no_face_to_compare() -> None:
    vendor = Vendor()
    vendor.says(200, b"[]")
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(InputError, match=r"no face in scene\.jpg"):
            run(provider(CompareCall(image=IMAGE, other=IMAGE)))
        provider.close()
