"""clarifai-grpc itself against the gateway, over its JSON channel: it reads the answers, and sends what our wire sends."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2, service_pb2, service_pb2_grpc
from google.protobuf.struct_pb2 import Struct
from PIL import Image as Pillow

from tests.clouds.clarifai.test_suite import SECRET, at
from tests.clouds.server import Vendor, serving
from visionhub import Hub, registry
from visionhub.config import Settings
from visionhub.errors import AuthError, InputError, RateLimitError, VisionError
from visionhub.flow import run
from visionhub.gateway import Gateway
from visionhub.hub import AsyncHub
from visionhub.image import Image
from visionhub.providers.clarifai.faces import EMBEDDING
from visionhub.tasks import (
    CaptionCall,
    ClassifyCall,
    DetectCall,
    FacesCall,
    GenerateCall,
    ModerateCall,
    OcrCall,
)
from visionhub.testing import FakeProvider, pictures, results

PICTURE = pictures.encoded(pictures.scene(), "JPEG")
IMAGE = Image(PICTURE, name="scene.jpg")
SUCCESS, MIXED, FAILURE = 10000, 10010, 10020
VLM, PAINTER = "qwen/qwen-VL/qwen-VL-Chat", "stability-ai/stable-diffusion-2/stable-diffusion-xl"


def ask(url: str, model: str, *data: dict[str, Any], version: str = "", told: Any = None) -> Any:
    """What the SDK makes of the answer about these inputs."""
    # The stub after the channel: until then the SDK does not know how to read.
    channel = ClarifaiChannel.get_json_channel(base_url=url)
    stub = service_pb2_grpc.V2Stub(channel)
    user, app, name = model.split("/") if "/" in model else ("clarifai", "main", model)
    try:
        return stub.PostModelOutputs(
            service_pb2.PostModelOutputsRequest(
                user_app_id=resources_pb2.UserAppIDSet(user_id=user, app_id=app),
                model_id=name,
                version_id=version,
                inputs=[resources_pb2.Input(data=resources_pb2.Data(**one)) for one in data],
                model=told,
            ),
            metadata=(("authorization", f"Key {SECRET}"),),
        )
    finally:
        channel.session.close()


def picture(content: bytes = PICTURE) -> dict[str, Any]:
    return {"image": resources_pb2.Image(base64=content)}


def text(raw: str) -> dict[str, Any]:
    return {"text": resources_pb2.Text(raw=raw)}


def config(**options: Any) -> Any:
    info = resources_pb2.OutputInfo(output_config=resources_pb2.OutputConfig(**options))
    return resources_pb2.Model(output_info=info)


def params(**options: Any) -> Any:
    known = Struct()
    known.update(options)
    version = resources_pb2.ModelVersion(output_info=resources_pb2.OutputInfo(params=known))
    return resources_pb2.Model(model_version=version)


def sides(region: Any) -> tuple[float, ...]:
    box = region.region_info.bounding_box
    return box.left_col, box.top_row, box.right_col, box.bottom_row


def test_concepts(gateway: str) -> None:
    said = ask(gateway, "general-image-recognition", picture())
    assert said.status.code == SUCCESS
    labels = results.answer(ClassifyCall(image=IMAGE)).labels
    concepts = said.outputs[0].data.concepts
    assert [concept.name for concept in concepts] == [label.name for label in labels]
    assert [concept.value for concept in concepts] == pytest.approx([label.score for label in labels])
    assert said.outputs[0].model.id == "general-image-recognition"


def test_at_most_so_many_concepts(gateway: str) -> None:
    told = config(max_concepts=2, min_value=0.1)
    said = ask(gateway, "general-image-recognition", picture(), told=told)
    assert len(said.outputs[0].data.concepts) == 2


def test_regions_of_things(gateway: str) -> None:
    regions = ask(gateway, "general-image-detection", picture()).outputs[0].data.regions
    objects = results.answer(DetectCall(image=IMAGE)).objects
    assert [region.data.concepts[0].name for region in regions] == [found.name for found in objects]
    assert [region.value for region in regions] == pytest.approx([found.score for found in objects])
    for region, found in zip(regions, objects, strict=True):
        assert sides(region) == pytest.approx(found.box.pixels(1, 1))


def test_lines_of_text(gateway: str) -> None:
    regions = ask(gateway, "ocr-scene-english-paddleocr", picture(), version="46e9").outputs[0].data.regions
    lines = results.answer(OcrCall(image=IMAGE)).lines
    assert [region.data.text.raw for region in regions] == [line.text for line in lines]
    for region, line in zip(regions, lines, strict=True):
        assert sides(region) == pytest.approx(line.polygon.box.pixels(1, 1))


def test_faces_and_their_vectors(gateway: str) -> None:
    faces = results.answer(FacesCall(image=IMAGE)).faces
    regions = ask(gateway, "face-detection", picture()).outputs[0].data.regions
    assert [region.value for region in regions] == pytest.approx([face.score for face in faces])
    asked = FacesCall(image=IMAGE, embedding=True)
    regions = ask(gateway, EMBEDDING, picture()).outputs[0].data.regions
    for region, face in zip(regions, results.answer(asked).faces, strict=True):
        assert list(region.data.embeddings[0].vector) == pytest.approx(face.embedding)
        assert region.data.embeddings[0].num_dimensions == len(face.embedding or ())


def test_moderation(gateway: str) -> None:
    concepts = ask(gateway, "moderation-recognition", picture()).outputs[0].data.concepts
    values = {concept.name: concept.value for concept in concepts}
    answer = results.answer(ModerateCall(image=IMAGE))
    assert len(values) == len(answer.categories) + 1
    assert (values["safe"] <= 0.5) == answer.flagged
    names = {"explicit": "sexual", "drug": "drugs"}
    flagged = {names.get(name, name) for name, value in values.items() if value >= 0.5 and name != "safe"}
    assert flagged == {category.name for category in answer.categories if category.flagged}


def test_answers_and_pictures(gateway: str) -> None:
    said = ask(gateway, VLM, {**picture(), **text("What is it?")})
    caption = results.answer(CaptionCall(image=IMAGE, question="What is it?"))
    assert said.outputs[0].data.text.raw == caption.text
    said = ask(gateway, PAINTER, text("a house"), told=params(width=256, height=128))
    with Pillow.open(io.BytesIO(said.outputs[0].data.image.base64)) as made:
        assert made.size == (256, 128)


def test_several_inputs_each_with_its_own_status(gateway: str) -> None:
    address = {"image": resources_pb2.Image(url="https://example.com/cat.jpg")}
    said = ask(gateway, "general-image-recognition", picture(), picture(b"broken"), picture(), address)
    assert said.status.code == MIXED
    assert [output.status.code for output in said.outputs] == [SUCCESS, 30104, SUCCESS, 30104]
    assert said.outputs[2].data.concepts
    assert "addresses" not in said.outputs[0].status.description
    assert ask(gateway, "general-image-recognition", picture(b"broken")).status.code == FAILURE


def test_an_error_keeps_its_kind_through_both() -> None:
    for error in (AuthError("No."), RateLimitError("Slowly."), InputError("Not this.")):
        with serving(Gateway(AsyncHub(FakeProvider(error), settings=Settings(cache="off")))) as url:
            code = {"AuthError": 11009, "RateLimitError": 11005, "InputError": 30104}[type(error).__name__]
            assert ask(url, "face-detection", picture()).outputs[0].status.code == code
            provider = registry.get("clarifai").with_options(at(url))
            with pytest.raises(type(error)):
                run(provider(FacesCall(image=IMAGE)))
            provider.close()


def test_many_questions_go_out_as_one(gateway: str) -> None:
    provider = registry.get("clarifai").with_options(at(gateway))
    hub = Hub(provider, settings=Settings(cache="off"))
    broken = Image(b"broken", name="broken.jpg")
    first, failed, last = hub.map([DetectCall(image=IMAGE), DetectCall(image=broken), DetectCall(image=IMAGE)])
    provider.close()
    assert isinstance(failed, InputError)
    assert not isinstance(first, VisionError)
    assert not isinstance(last, VisionError)
    assert first.to_dict()["objects"] == last.to_dict()["objects"]


@pytest.mark.parametrize(
    ("call", "model", "asked", "told"),
    [
        (ClassifyCall(image=IMAGE), "general-image-recognition", picture(), None),
        (ClassifyCall(image=IMAGE, max_results=3, min_score=0.25, extra={"language": "de"}), "general-image-recognition", picture(),
            config(max_concepts=3, min_value=0.25, language="de")),
        (DetectCall(image=IMAGE, min_score=0.5, model="acme/shop/things"), "acme/shop/things", picture(), config(min_value=0.5)),
        (OcrCall(image=IMAGE), "ocr-scene-english-paddleocr", picture(), None),
        (FacesCall(image=IMAGE), "face-detection", picture(), None),
        (FacesCall(image=IMAGE, embedding=True), EMBEDDING, picture(), None),
        (ModerateCall(image=IMAGE), "moderation-recognition", picture(), None),
        (CaptionCall(image=IMAGE, question="What is it?", model=VLM, extra={"max_tokens": 9}), VLM, {**picture(), **text("What is it?")},
            params(max_tokens=9)),
        (GenerateCall(prompt="a house", size=(512, 256)), PAINTER, text("a house"), params(width=512, height=256)),
    ],
)  # fmt: skip
def test_the_same_question_is_the_same_request(call: Any, model: str, asked: dict[str, Any], told: Any) -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("clarifai").with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(call))
        provider.close()
        ask(url, model, asked, told=told)
    ours, theirs = vendor.asked
    assert ours[0] == theirs[0]
    assert json.loads(ours[2]) == json.loads(theirs[2])
    for name in ("authorization", "content-type"):
        assert ours[1][name] == theirs[1][name]


def test_a_version_is_part_of_the_path() -> None:
    vendor = Vendor()
    with serving(vendor) as url:
        provider = registry.get("clarifai").with_options(at(url))
        with pytest.raises(VisionError):
            run(provider(ClassifyCall(image=IMAGE, model="clarifai/main/general-image-recognition/aa7f")))
        provider.close()
        ask(url, "general-image-recognition", picture(), version="aa7f")
    assert vendor.asked[0][0] == vendor.asked[1][0]
