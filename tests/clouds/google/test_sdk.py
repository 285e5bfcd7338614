"""google-cloud-vision itself: by REST against the gateway, and over gRPC on both sides of a small server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import vision

from tests.clouds.google.test_suite import at
from tests.clouds.server import Vendor, serving
from visionhub import registry
from visionhub.errors import AuthError, InputError, ProviderError, RateLimitError, TransportError, VisionError
from visionhub.flow import run
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.tasks import ClassifyCall, DetectCall, FacesCall, ModerateCall, OcrCall
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
    """The address of a gRPC server that asks the gateway, and fails as it is told to in the first label asked for."""
    inner = client(gateway)

    def annotate(request: Any, context: grpc.ServicerContext) -> Any:
        model = request.requests[0].features[0].model
        if model in grpc.StatusCode.__members__:
            context.abort(grpc.StatusCode[model], f"as asked: {model}")
        return inner.batch_annotate_images(request=request)

    kind = vision.BatchAnnotateImagesRequest, vision.BatchAnnotateImagesResponse
    handler = grpc.unary_unary_rpc_method_handler(annotate, kind[0].deserialize, kind[1].serialize)
    name = "google.cloud.vision.v1.ImageAnnotator"
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"BatchAnnotateImages": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None)


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
