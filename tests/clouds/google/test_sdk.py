"""google-cloud-vision itself: by REST against the gateway, and over gRPC on both sides of a small server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import vision

from tests.clouds.google.servicer import answering
from tests.clouds.google.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import AuthError, InputError, ProviderError, RateLimitError, TransportError, VisionError
from visionhub.flow import run
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.tasks import CaptionCall, ClassifyCall, DetectCall, FacesCall, GenerateCall, ModerateCall, OcrCall
from visionhub.testing import pictures, results

PICTURE = pictures.encoded(pictures.scene(), "JPEG")
IMAGE = Image(PICTURE, name="scene.jpg")
PROVIDER = registry.get("google")
FEATURES = (
    "LABEL_DETECTION",
    "OBJECT_LOCALIZATION",
    "FACE_DETECTION",
    "SAFE_SEARCH_DETECTION",
    "DOCUMENT_TEXT_DETECTION",
)


def client(url: str) -> Any:
    anonymous: Any = AnonymousCredentials
    return vision.ImageAnnotatorClient(credentials=anonymous(), transport="rest", client_options={"api_endpoint": url})


def test_it_reads_several_features_of_several_pictures(gateway: str) -> None:
    one = {"image": {"content": PICTURE}, "features": [{"type_": name} for name in FEATURES]}
    said = client(gateway).batch_annotate_images(requests=[one, one]).responses
    assert len(said) == 2
    labels = results.answer(ClassifyCall(image=IMAGE)).labels
    assert [label.description for label in said[1].label_annotations] == [label.name for label in labels]
    objects = results.answer(DetectCall(image=IMAGE)).objects
    lefts = [found.bounding_poly.normalized_vertices[0].x for found in said[0].localized_object_annotations]
    assert lefts == pytest.approx([found.box.x0 for found in objects])
    faces = results.answer(FacesCall(image=IMAGE)).faces
    assert [face.bounding_poly.vertices[0].x for face in said[0].face_annotations] == [
        round(face.box.x0 * IMAGE.width) for face in faces
    ]
    text = results.answer(OcrCall(image=IMAGE))
    assert said[0].full_text_annotation.text == text.text
    flagged = {found.name for found in results.answer(ModerateCall(image=IMAGE)).categories if found.flagged}
    assert (said[0].safe_search_annotation.violence >= vision.Likelihood.LIKELY) == ("violence" in flagged)


def test_a_broken_picture_fails_alone(gateway: str) -> None:
    good, bad = ({"image": {"content": data}, "features": [{"type_": FEATURES[0]}]} for data in (PICTURE, b"broken"))
    said = client(gateway).batch_annotate_images(requests=[bad, good]).responses
    assert said[0].error.code == 3
    assert said[1].label_annotations


def test_more_pictures_than_google_takes_are_refused(gateway: str) -> None:
    one = {"image": {"content": PICTURE}, "features": [{"type_": FEATURES[0]}]}
    with pytest.raises(BadRequest, match="17"):
        client(gateway).batch_annotate_images(requests=[one] * 17)


def test_steps_are_numbers_where_they_are_asked_for_so_and_names_elsewhere(gateway: str) -> None:
    one = {"image": {"content": b64encode(PICTURE).decode()}, "features": [{"type": name} for name in FEATURES]}
    numbers, names = (
        httpx.post(f"{gateway}/v1/{path}images:annotate{query}", json={"requests": [one]}).json()["responses"][0]
        for path, query in (("", "?$alt=json;enum-encoding=int"), ("projects/p/locations/eu/", ""))
    )
    for kind, said in ((int, numbers), (str, names)):
        assert type(said["safeSearchAnnotation"]["adult"]) is kind
        assert {type(one["type"]) for one in said["faceAnnotations"][0]["landmarks"]} == {kind}
        word = said["fullTextAnnotation"]["pages"][0]["blocks"][0]["paragraphs"][0]["words"][0]
        assert type(word["symbols"][-1]["property"]["detectedBreak"]["type"]) is kind


@pytest.mark.parametrize("call", [CaptionCall(image=IMAGE, question="What is it?"), GenerateCall(prompt="a red house")])
def test_gemini_is_asked_at_a_project_as_well(gateway: str, call: Any) -> None:
    developer, project = (
        PROVIDER.with_options({**at(gateway), **options})
        for options in ({}, {"project": "p", "location": "europe-west4"})
    )
    said = [run(provider(call)).to_dict() for provider in (developer, project)]
    for provider, one in zip((developer, project), said, strict=True):
        provider.close()
        one.pop("attempts")
    assert said[0] == said[1]


def test_the_project_stands_in_the_address() -> None:
    vendor = Vendor()
    vendor.says(200, b'{"candidates": [{"content": {"parts": [{"text": "A house."}]}}]}')
    with serving(vendor) as url:
        provider = PROVIDER.with_options({**at(url), "project": "p", "location": "europe-west4"})
        assert run(provider(CaptionCall(image=IMAGE))).text == "A house."
        provider.close()
    path, headers, _ = vendor.asked[0]
    model = "gemini-flash-latest:generateContent"
    assert path == f"/v1/projects/p/locations/europe-west4/publishers/google/models/{model}"
    assert headers["x-goog-user-project"] == "p"


def test_the_same_question_is_the_same_request() -> None:
    vendor = Vendor()
    vendor.says(200, b'{"responses": [{}]}')
    with serving(vendor) as url:
        provider = PROVIDER.with_options(at(url))
        run(provider(DetectCall(image=IMAGE, max_results=5)))
        provider.close()
        feature = {"type_": "OBJECT_LOCALIZATION", "max_results": 5}
        client(url).batch_annotate_images(requests=[{"image": {"content": PICTURE}, "features": [feature]}])
    (path, _, ours), (their_path, _, theirs) = vendor.asked
    assert path == their_path.partition("?")[0]
    theirs = json.loads(theirs)
    # Google's own client sends the feature's number for its name.
    theirs["requests"][0]["features"][0]["type"] = "OBJECT_LOCALIZATION"
    assert json.loads(ours) == theirs


@pytest.fixture
def servicer(gateway: str) -> Iterator[str]:
    """The address of a gRPC server that asks the gateway, and fails as it is told to in the first feature's model."""
    inner = client(gateway)

    def annotate(sent: bytes, context: grpc.ServicerContext) -> bytes:
        request: Any = vision.BatchAnnotateImagesRequest.deserialize(sent)
        model = request.requests[0].features[0].model
        if model in grpc.StatusCode.__members__:
            context.abort(grpc.StatusCode[model], f"as asked: {model}")
        answer: bytes = vision.BatchAnnotateImagesResponse.serialize(inner.batch_annotate_images(request=request))
        return answer

    with answering(annotate) as url:
        yield url


@pytest.fixture
def over_grpc(servicer: str) -> Iterator[Provider]:
    provider = PROVIDER.with_options({"endpoint": servicer})
    yield provider
    provider.close()


@pytest.mark.parametrize(
    "call", [kind(image=IMAGE) for kind in (ClassifyCall, DetectCall, FacesCall, ModerateCall, OcrCall)]
)
def test_both_transports_give_the_same_answer(over_grpc: Any, gateway: str, call: Any) -> None:
    by_rest = PROVIDER.with_options(at(gateway))
    over, by = run(over_grpc(call)).to_dict(), run(by_rest(call)).to_dict()
    by_rest.close()
    for one in (over, by):
        one.pop("attempts")
    assert _rounded(over) == _rounded(by)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("INVALID_ARGUMENT", InputError), ("UNAUTHENTICATED", AuthError), ("PERMISSION_DENIED", AuthError),
        ("RESOURCE_EXHAUSTED", RateLimitError), ("UNAVAILABLE", ProviderError), ("INTERNAL", ProviderError),
        ("DEADLINE_EXCEEDED", TransportError),
    ],
)  # fmt: skip
def test_grpc_statuses(over_grpc: Any, status: str, kind: type[VisionError]) -> None:
    with pytest.raises(VisionError) as caught:
        run(over_grpc(ClassifyCall(image=IMAGE, model=status)))
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, GoogleAPICallError)


def test_map_sends_sixteen_pictures_a_request() -> None:
    vendor = Vendor()
    answers = {
        "responses": [{"labelAnnotations": [{"description": str(number), "score": 0.5}]} for number in range(16)]
    }
    vendor.says(200, json.dumps(answers).encode())
    with serving(vendor) as url, Hub(PROVIDER.with_options(at(url))) as hub:
        images = [Image(pictures.encoded(pictures.scene(64, 48 + number)), name=str(number)) for number in range(32)]
        found = list(hub.map([ClassifyCall(image=image) for image in images], concurrency=1))
    sizes = [len(json.loads(body)["requests"]) for _, _, body in vendor.asked]
    assert sizes == [16, 16]
    assert [one.labels[0].name for one in found if not isinstance(one, VisionError)] == [str(n % 16) for n in range(32)]


def _rounded(value: Any) -> Any:
    """Numbers of gRPC are of single precision."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value
