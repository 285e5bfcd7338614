"""Microsoft's own client against the gateway, blocking and async; and what goes to the services that have none here."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient as AsyncImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from openai import AzureOpenAI, BadRequestError, OpenAI

from tests.clouds.azure.test_suite import SECRET, at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import InputError, VisionError
from visionhub.flow import run
from visionhub.image import Image
from visionhub.kit.openai import data_uri
from visionhub.providers.azure import faceids
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


# Face: its own client is not installed here; what it would send and read is documented.


def found(gateway: str, picture: bytes, **asked: str) -> list[dict[str, Any]]:
    head = {"content-type": "application/octet-stream"}
    said: list[dict[str, Any]] = httpx.post(
        f"{gateway}/face/v1.2/detect", params=asked, content=picture, headers=head
    ).json()
    return said


def test_faces_are_told_as_they_are_asked_for(gateway: str) -> None:
    assert set(found(gateway, PICTURE)[0]) == {"faceId", "faceRectangle"}, "ids come unless they are declined"
    assert set(found(gateway, PICTURE, returnFaceId="false", returnFaceLandmarks="true")[0]) == {
        "faceRectangle", "faceLandmarks"
    }  # fmt: skip
    (first, *_) = found(gateway, PICTURE)
    assert all(type(side) is int for side in first["faceRectangle"].values())


def test_a_face_that_is_not_the_largest_is_compared_in_its_own_part_of_the_picture(gateway: str) -> None:
    told = found(gateway, PICTURE)
    sides = [(said["faceRectangle"]["width"], said["faceRectangle"]["height"]) for said in told]
    largest = max(range(len(told)), key=lambda number: sides[number][0] * sides[number][1])
    for number, said in enumerate(told):
        kept = Image(faceids.recall(said["faceId"]))
        if number == largest:
            assert kept.data == PICTURE
        else:
            assert kept.width <= round(sides[number][0] + 0.6 * max(sides[number])) + 2
    both = {"faceId1": told[0]["faceId"], "faceId2": told[-1]["faceId"]}
    said = httpx.post(f"{gateway}/face/v1.2/verify", json=both).json()
    assert set(said) == {"isIdentical", "confidence"}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/computervision/imageanalysis:analyze?features=tags", {"url": "https://example.org/a.jpg"}),
        ("/face/v1.2/detect", {"url": "https://example.org/a.jpg"}),
        ("/contentsafety/image:analyze", {"image": {"blobUrl": "https://example.org/a.jpg"}}),
    ],
)
def test_addresses_of_pictures_are_refused(gateway: str, path: str, sent: Any) -> None:
    said = httpx.post(gateway + path, json=sent)
    assert (said.status_code, said.json()["error"]["code"]) == (400, "InvalidRequest")
    assert said.headers["x-ms-error-code"] == "InvalidRequest"


def test_content_safety(gateway: str) -> None:
    said = httpx.post(
        f"{gateway}/contentsafety/image:analyze", json={"image": {"content": b64encode(PICTURE).decode()}}
    )
    told = {one["category"]: one["severity"] for one in said.json()["categoriesAnalysis"]}
    assert told.keys() <= {"Hate", "SelfHarm", "Sexual", "Violence"}
    assert set(told.values()) <= {0, 2, 4, 6}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"features": ["smartCrops"]}, "NotSupportedVisualFeature"),
        ({"features": ["tags"], "language": "ja"}, "NotSupportedLanguage"),
    ],
)
def test_what_is_not_offered_is_said_in_azures_words(gateway: str, asked: dict[str, Any], code: str) -> None:
    with ImageAnalysisClient(gateway, AzureKeyCredential(SECRET)) as client, pytest.raises(HttpResponseError) as caught:
        client.analyze(PICTURE, asked["features"], language=asked.get("language"))
    error: Any = caught.value.error
    assert (error.code, error.innererror["code"]) == ("InvalidRequest", code)


def test_parts_alone(gateway: str) -> None:
    dense: Any = ["denseCaptions", "people"]
    with ImageAnalysisClient(gateway, AzureKeyCredential(SECRET)) as client:
        said = client.analyze(PICTURE, dense)
    assert said.caption is None
    assert said.dense_captions
    assert len(said.dense_captions.list) == len(results.answer(CaptionCall(image=IMAGE)).regions)
    assert said.people is not None


# Azure OpenAI, by OpenAI's own client for it.


@pytest.fixture
def client(gateway: str) -> Iterator[AzureOpenAI]:
    with AzureOpenAI(azure_endpoint=gateway, api_key=SECRET, api_version="2025-04-01-preview", max_retries=0) as client:
        yield client


def test_a_question_in_a_chat(client: AzureOpenAI) -> None:
    seen: Any = {"type": "image_url", "image_url": {"url": data_uri(PICTURE)}}
    content: Any = [{"type": "text", "text": "What is it?"}, seen]
    said = client.chat.completions.create(model="ours", messages=[{"role": "user", "content": content}])
    assert said.choices[0].message.content == results.answer(CaptionCall(image=IMAGE, question="What is it?")).text
    assert said.model == "ours"


def test_a_question_as_a_response(client: AzureOpenAI) -> None:
    seen: Any = {"type": "input_image", "image_url": data_uri(PICTURE), "detail": "auto"}
    content: Any = [{"type": "input_text", "text": "What is it?"}, seen]
    said = client.responses.create(model="ours", input=[{"role": "user", "content": content}])
    assert said.output_text == results.answer(CaptionCall(image=IMAGE, question="What is it?")).text


def test_pictures_are_made(client: AzureOpenAI) -> None:
    said = client.images.generate(model="ours", prompt="a red house", n=2, size="1024x1024")
    expected = results.answer(GenerateCall(prompt="a red house", count=2, size=(1024, 1024)))
    assert [one.b64_json for one in said.data or ()] == [b64encode(image.data).decode() for image in expected.images]


def test_nothing_to_look_at_is_openais_own_error(client: AzureOpenAI) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.chat.completions.create(model="ours", messages=[{"role": "user", "content": "What is it?"}])
    assert caught.value.code == "InvalidRequest"


def test_our_request_is_that_of_openais_client() -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(CaptionCall(image=IMAGE, question="What?", model="ours")))
        provider.close()
        seen: Any = {"type": "input_image", "image_url": data_uri(PICTURE)}
        content: Any = [{"type": "input_text", "text": "What?"}, seen]
        with OpenAI(base_url=f"{url}/openai/v1", api_key=SECRET, max_retries=0) as theirs:
            theirs.responses.create(model="ours", input=[{"role": "user", "content": content}])
    (path, _, ours), (their_path, _, sent) = vendor.asked
    assert (path, json.loads(ours)) == (their_path, json.loads(sent))
