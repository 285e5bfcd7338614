"""The bytes that left: what the vendors' own clients put on the line under a privacy policy."""

from __future__ import annotations

import io
import re
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import PIL.Image
import pytest

from tests.clouds.api4ai import test_suite as api4ai
from tests.clouds.aws.test_suite import at as aws
from tests.clouds.azure.test_suite import at as azure
from tests.clouds.clarifai.test_suite import at as clarifai
from tests.clouds.google.test_suite import at as google
from tests.clouds.openai.test_suite import at as openai
from tests.clouds.server import serving
from tests.test_conformance import OPTIONS, STORE
from visionhub import registry
from visionhub.config import Settings, read
from visionhub.errors import ConfigError, PrivacyError
from visionhub.flow import run
from visionhub.gateway import Gateway
from visionhub.geometry import Box, Polygon
from visionhub.handler import Handler, stack
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image
from visionhub.image.hide import FILL
from visionhub.layers.fit import Fit
from visionhub.layers.open import Open
from visionhub.layers.privacy import Privacy
from visionhub.privacy import PrivacyPolicy
from visionhub.providers.local.cards import all_cards
from visionhub.providers.local.samples import pictures
from visionhub.tasks import ClassifyCall, CompareCall, DetectCall, Detections, Faces, Text
from visionhub.tasks.faces import Face
from visionhub.tasks.ocr import Line
from visionhub.testing import FakeProvider, results
from visionhub.testing.pictures import encoded, scene

VENDORS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "api4ai": api4ai.TestApi4ai.at, "aws": aws, "azure": azure, "clarifai": clarifai, "google": google, "openai": openai,
}  # fmt: skip
FACE = Box(x0=0.2, y0=0.25, x1=0.4, y1=0.5)
TEXT = Box(x0=0.5, y0=0.7, x1=0.9, y1=0.8)
SECRET = b"Secret"
LOCAL = pytest.mark.skipif(
    any(STORE.missing(card) for card in all_cards().values()), reason="the local weights are missing"
)


class Overheard:
    """An ASGI app, and what was asked of it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.bodies: list[bytearray] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()
        self.bodies.append(body)

        async def heard() -> Any:
            event = await receive()
            body.extend(event.get("body", b""))
            return event

        await self._app(scope, heard, send)

    def pictures(self) -> list[bytes]:
        """Those that came in, however they were packed."""
        return [picture for body in self.bodies for picture in unpacked(bytes(body))]


def unpacked(body: bytes) -> list[bytes]:
    text = re.findall(rb"(?:/9j/|iVBORw0KGgo)[A-Za-z0-9+/]+=*", body)
    if text:
        return [b64decode(found) for found in text]
    starts = [at for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n") if (at := body.find(magic)) >= 0]
    return [body[min(starts) :]] if starts else []


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[str, Overheard]]:
    app = Overheard(Gateway(AsyncHub(FakeProvider(results.answer))))
    with serving(app) as url:
        yield url, app


def photograph(kind: str = "JPEG") -> Image:
    """With everything in it that should stay here, a small copy of itself among it; stored on its side."""
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = SECRET.decode(), 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x927C] = SECRET + encoded(scene(40, 30), "JPEG")
    stored = scene(400, 300).transpose(PIL.Image.Transpose.ROTATE_90)
    options: dict[str, Any] = {"comment": SECRET, "xmp": b"<x:xmpmeta>Secret</x:xmpmeta>"} if kind == "JPEG" else {}
    return Image(encoded(stored, kind, exif=exif, **options), name="photo")


def eyes() -> FakeProvider:
    corners = ((TEXT.x0, TEXT.y0), (TEXT.x1, TEXT.y0), (TEXT.x1, TEXT.y1), (TEXT.x0, TEXT.y1))
    line = Line(text="", score=None, polygon=Polygon.clamped(corners))
    return FakeProvider(Faces(faces=(Face(box=FACE, score=0.9),)), Text.of([line]), name="local")


def asked(vendor: str, url: str, policy: PrivacyPolicy, seer: Handler | None = None) -> Handler:
    handler = registry.get(vendor).with_options(VENDORS[vendor](url))
    return stack((Open(Settings().limits), Privacy(policy, seer or eyes()), Fit()), handler)


def pixels(data: bytes) -> Any:
    with PIL.Image.open(io.BytesIO(data)) as picture:
        assert not picture.getexif()
        return np.asarray(picture.convert("RGB"), int)


def part(seen: Any, box: Box) -> Any:
    left, top, right, bottom = map(round, box.pixels(seen.shape[1], seen.shape[0]))
    return seen[top:bottom, left:right]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("name", VENDORS)
def test_what_is_masked_never_leaves(vendor: tuple[str, Overheard], name: str, kind: str) -> None:
    url, app = vendor
    app.bodies.clear()
    image = photograph(kind)
    assert SECRET in image.data
    handler = asked(name, url, PrivacyPolicy(mask=("faces", "text")))
    result = run(handler(ClassifyCall(image=image)))
    handler.close()
    assert result.warnings[0].message == "image: masked: faces (1), text (1)."
    (sent,) = app.pictures()
    assert all(
        SECRET not in body and b"Exif" not in body and b"xmpmeta" not in body
        for body in (*map(bytes, app.bodies), sent)
    )
    seen, before = pixels(sent), np.asarray(image.rgb(), int)
    assert seen.shape == before.shape
    allowed = 3 if kind == "JPEG" else 0
    for box in (FACE, TEXT):
        assert np.abs(part(seen, box) - FILL).max() <= allowed
        assert np.abs(part(before, box) - FILL).max() > 20
    assert np.abs(seen - before)[:60].mean() < 3, "what is not masked is as it was"


@pytest.mark.parametrize("name", VENDORS)
def test_of_a_cropped_picture_only_the_crop_leaves(vendor: tuple[str, Overheard], name: str) -> None:
    url, app = vendor
    app.bodies.clear()
    image = photograph("PNG")
    handler = asked(name, url, PrivacyPolicy(crop_to="faces"))
    call = DetectCall(image=image)
    result = run(handler(call))
    handler.close()
    (sent,) = app.pictures()
    seen, before = pixels(sent), np.asarray(image.rgb(), int)
    # 80 x 75 pixels at (80, 75), grown by 0.3 of 75.
    assert np.array_equal(seen, before[52:173, 57:183])
    for found in result.objects:
        assert 57 / 400 <= found.box.x0 <= found.box.x1 <= 183 / 400
        assert 52 / 300 <= found.box.y0 <= found.box.y1 <= 173 / 300
    inside = results.answer(call).objects[0].box
    assert any(one.box.x0 == pytest.approx((57 + inside.x0 * 126) / 400, abs=0.01) for one in result.objects)


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_outside_of_the_region_gets_no_connection(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        handler = asked(name, f"http://127.0.0.1:{listener.getsockname()[1]}", PrivacyPolicy(region="eu"))
        with pytest.raises(PrivacyError, match="not known"):
            run(handler(ClassifyCall(image=photograph())))
        with pytest.raises(BlockingIOError):
            listener.accept()
        handler.close()


def test_both_pictures_of_a_comparison_are_cropped(vendor: tuple[str, Overheard]) -> None:
    url, app = vendor
    app.bodies.clear()
    handler = asked("aws", url, PrivacyPolicy(crop_to="faces"))
    run(handler(CompareCall(image=photograph(), other=photograph("PNG"))))
    handler.close()
    assert [pixels(sent).shape for sent in app.pictures()] == [(121, 126, 3)] * 2


@LOCAL
def test_real_faces_and_text_are_found_and_masked(vendor: tuple[str, Overheard]) -> None:
    url, app = vendor
    app.bodies.clear()
    local = registry.get("local").with_options(OPTIONS)
    sheet = PIL.Image.open(pictures(STORE)["astronaut"]).convert("RGB")
    with PIL.Image.open(pictures(STORE)["page"]) as page:
        sheet.paste(page.convert("RGB").resize((380, 190)), (0, 320))
    handler = asked("openai", url, PrivacyPolicy(mask=("faces", "text")), local)
    run(handler(ClassifyCall(image=Image(sheet))))
    (sent,) = app.pictures()
    with Hub("local", settings=Settings(offline=True, cache="off")) as hub:
        assert hub.faces(sheet).faces
        assert hub.ocr(sheet).lines
        assert not hub.faces(sent).faces
        assert not hub.ocr(sent).lines
        for box in (hub.faces(sheet).faces[0].box, hub.ocr(sheet).lines[0].polygon.box):
            assert np.array_equal(np.unique(part(pixels(sent), box)), [FILL[0]])


@pytest.mark.parametrize("mask", ["faces", "text", "person"])
def test_without_weights_nothing_leaves(vendor: tuple[str, Overheard], tmp_path: Any, mask: str) -> None:
    url, app = vendor
    app.bodies.clear()
    blind = registry.get("local").with_options({"home": tmp_path, "offline": True})
    handler = asked("aws", url, PrivacyPolicy(mask=(mask,)), blind)
    with pytest.raises(ConfigError):
        run(handler(ClassifyCall(image=photograph())))
    assert not app.bodies


def test_a_kind_that_nobody_here_knows_is_a_mistake_in_the_policy(vendor: tuple[str, Overheard]) -> None:
    url, app = vendor
    app.bodies.clear()
    local = registry.get("local").with_options(OPTIONS)
    handler = asked("aws", url, PrivacyPolicy(crop_to="persn"), local)
    with pytest.raises(ConfigError, match="Did you mean 'person'"):
        run(handler(ClassifyCall(image=photograph())))
    assert not app.bodies


def test_an_answer_about_what_was_left_is_an_answer_about_the_whole(vendor: tuple[str, Overheard]) -> None:
    handler = asked("google", vendor[0], PrivacyPolicy(mask=("text",)))
    call = DetectCall(image=photograph())
    result = run(handler(call))
    handler.close()
    assert isinstance(result, Detections)
    for found, known in zip(result.objects, results.answer(call).objects, strict=True):
        assert found.box.x0 == pytest.approx(known.box.x0, abs=0.01)


@LOCAL
def test_a_route_keeps_to_its_policy_through_routes_below(vendor: tuple[str, Overheard]) -> None:
    url, app = vendor
    app.bodies.clear()
    settings = read(
        home=OPTIONS["home"],
        routes={
            "moderate": {"use": ["clouds", "local"], "privacy": {"mask": ["faces"]}},
            "clouds": {"use": ["aws", "azure"], "strategy": "vote", "privacy": {"biometrics": "never"}},
            "faces": {"use": ["clouds"]},
        },
        providers={"aws": VENDORS["aws"](url), "azure": VENDORS["azure"](url)},
    )
    photo = pictures(STORE)["astronaut"]
    with Hub(settings=settings) as hub:
        answer = hub.moderate(photo)
        assert answer.provider == "aws+azure"
        with Hub("local", settings=Settings(offline=True, cache="off")) as eyes:
            face = eyes.faces(photo).faces[0].box
        assert len(app.pictures()) == 2
        for sent in app.pictures():
            assert np.ptp(part(pixels(sent), face)) <= 12, "one colour, but for what JPEG makes of it"
        with pytest.raises(PrivacyError) as caught:
            hub.faces(photo, embedding=True)
        assert [attempt.outcome for attempt in caught.value.attempts] == ["refused", "refused"]
        assert len(app.bodies) == 2, "nothing more has left"
