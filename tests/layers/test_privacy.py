"""Privacy: what a remote provider is given holds the picture and nothing else."""

from __future__ import annotations

import asyncio
import io
import math
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionhub.config import Settings
from visionhub.errors import ConfigError, DecodeError, InputError, PrivacyError, TransportError, VisionError
from visionhub.flow import arun, run
from visionhub.geometry import Box, Polygon
from visionhub.handler import Layered, stack
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.image.hide import FILL
from visionhub.layers.cache import Cache
from visionhub.layers.privacy import Privacy
from visionhub.privacy import PrivacyPolicy
from visionhub.routers.fallback import Fallback
from visionhub.stores import MemoryStore
from visionhub.tasks import ClassifyCall, Comparison, DetectCall, Detections, Faces, Result, Text
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Face
from visionhub.tasks.ocr import Line
from visionhub.testing import FakeProvider, results
from visionhub.testing.pictures import encoded, turned

MAKER, GPS = 0x010F, 0x8825


def photograph() -> Image:
    exif = PIL.Image.Exif()
    exif[MAKER] = "Secret Phone"
    exif[0x0112] = 6
    exif.get_ifd(GPS)[1] = "N"
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), "red").save(buffer, "JPEG", exif=exif, comment=b"Secret comment")
    return Image(buffer.getvalue(), name="photo.jpg")


def test_a_remote_provider_sees_no_metadata(found: Detections) -> None:
    fake = FakeProvider(found, is_remote=True)
    result = Hub(fake, settings=Settings(cache="off")).detect(photograph())
    sent = fake.calls[0].pictures()["image"]
    assert b"Secret" in photograph().data
    assert b"Secret" not in sent.data
    assert b"Exif" not in sent.data
    assert (sent.width, sent.height) == (30, 40)
    assert sent.header.upright
    assert result.source == "photo.jpg"


def test_both_pictures_of_a_comparison_are_stripped() -> None:
    box = ComparedFace(box=Box(x0=0, y0=0, x1=1, y1=1))
    fake = FakeProvider(Comparison(same=True, similarity=0.9, threshold=0.5, a=box, b=box), is_remote=True)
    Hub(fake, settings=Settings(cache="off")).compare_faces(photograph(), photograph())
    assert all(b"Secret" not in picture.data for picture in fake.calls[0].pictures().values())


def test_a_local_provider_sees_the_picture_itself(found: Detections) -> None:
    fake, image = FakeProvider(found), photograph()
    Hub(fake, settings=Settings(cache="off")).detect(image)
    assert fake.calls[0].pictures()["image"] is image


def remote(answer: Any = None) -> FakeProvider:
    return FakeProvider(answer or results.answer, name="acme", is_remote=True)


def eyes(*answers: Result | VisionError) -> FakeProvider:
    return FakeProvider(*answers, name="local")


def faces(*boxes: Box) -> Faces:
    return Faces(faces=tuple(Face(box=box, score=0.5) for box in boxes))


def outline(points: list[tuple[float, float]]) -> Text:
    return Text.of([Line(text="", score=None, polygon=Polygon.clamped(points))])


def things(**boxes: Box) -> Detections:
    return Detections(objects=tuple(Object(name=name, score=0.5, box=box) for name, box in boxes.items()))


def noise(width: int = 60, height: int = 40) -> PIL.Image.Image:
    """No pixel of it is of the colour of the mask."""
    grey = PIL.Image.effect_noise((width, height), 90).point(
        [0 if 119 < value < 136 else value for value in range(256)]
    )
    return PIL.Image.merge("RGB", (grey, grey.transpose(PIL.Image.Transpose.ROTATE_180), grey))


def sent(policy: PrivacyPolicy, seer: FakeProvider, image: Image, **options: Any) -> tuple[Image, Result]:
    """The picture that left, and the answer."""
    acme = remote(**options)
    result = run(Layered(Privacy(policy, seer), acme)(ClassifyCall(image=image)))
    return acme.calls[0].pictures()["image"], result


def test_what_is_masked_is_of_one_colour_and_the_rest_as_it_was() -> None:
    image, box = Image(noise()), Box(x0=0.5, y0=0.25, x1=0.75, y1=0.5)
    masked, result = sent(PrivacyPolicy(mask=("faces",)), eyes(faces(box)), image)
    before, after = image.array().astype(int), masked.array().astype(int)
    is_hidden = (after == FILL).all(axis=2)
    assert is_hidden[10:20, 30:45].all()
    # 0.3 of 10 pixels on each side, round at the corners.
    assert is_hidden[7:24, 30:45].all()
    assert is_hidden[10:20, 27:49].all()
    assert not is_hidden[:5].any()
    assert not is_hidden[26:].any()
    assert np.array_equal(before[~is_hidden], after[~is_hidden])
    assert [warning.code for warning in result.warnings] == ["picture_hidden"]
    assert result.warnings[0].message == "image: masked: faces (1)."


shares = st.floats(0, 1)


@given(
    points=st.lists(st.tuples(shares, shares), min_size=4, max_size=4),
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 64), st.integers(1, 64)),
)
def test_an_outline_is_covered_however_the_picture_is_stored(
    points: list[tuple[float, float]], orientation: int, size: tuple[int, int]
) -> None:
    upright = noise(*size)
    image = Image(turned(upright, orientation, "PNG"))
    assert np.array_equal(image.array(), np.asarray(upright))
    masked, _ = sent(PrivacyPolicy(mask=("text",)), eyes(outline(points)), image)
    assert (masked.width, masked.height) == size
    after = masked.array()
    corners = [(x * size[0], y * size[1]) for x, y in points]
    for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True):
        for share in np.linspace(0, 1, 9):
            column = min(int(x + share * (u - x)), size[0] - 1)
            row = min(int(y + share * (v - y)), size[1] - 1)
            assert tuple(after[row, column]) == FILL


@given(box=st.tuples(shares, shares, shares, shares), orientation=st.integers(1, 8))
def test_a_box_is_covered_however_the_picture_is_stored(box: tuple[float, ...], orientation: int) -> None:
    known = Box.clamped(*box)
    masked, _ = sent(PrivacyPolicy(mask=("faces",)), eyes(faces(known)), Image(turned(noise(), orientation, "PNG")))
    left, top, right, bottom = known.pixels(60, 40)
    inside = masked.array()[int(top) : max(int(top) + 1, math.ceil(bottom)), int(left) : math.ceil(right)]
    assert (inside == FILL).all()


@given(box=st.tuples(shares, shares, shares, shares), other=st.tuples(shares, shares, shares, shares))
def test_a_crop_holds_what_was_found_and_answers_are_about_the_whole(
    box: tuple[float, ...], other: tuple[float, ...]
) -> None:
    one, two = Box.clamped(*box), Box.clamped(*other)
    whole = Box(x0=0, y0=0, x1=1, y1=1)
    acme, image = remote(things(all=whole)), Image(noise())
    layer = Privacy(PrivacyPolicy(crop_to="faces"), eyes(faces(one, two)))
    crop = run(Layered(layer, acme)(DetectCall(image=image))).objects[0].box
    seen = acme.calls[0].pictures()["image"]
    left, top, right, bottom = (round(value) for value in crop.pixels(60, 40))
    assert np.array_equal(seen.array(), image.array()[top:bottom, left:right])
    for found in (one, two):
        assert crop.x0 <= found.x0 + 1e-9
        assert crop.y0 <= found.y0 + 1e-9
        assert crop.x1 >= found.x1 - 1e-9
        assert crop.y1 >= found.y1 - 1e-9


def deep() -> bytes:
    return encoded(PIL.Image.fromarray(np.linspace(0, 60_000, 2400, dtype=np.uint16).reshape(40, 60)))


@pytest.mark.parametrize(
    "data",
    [
        encoded(noise().convert("RGBA")),
        encoded(noise().convert("LA")),
        encoded(noise().convert("P")),
        encoded(noise().convert("L"), "JPEG"),
        encoded(noise().convert("CMYK"), "JPEG"),
        encoded(noise(), "WEBP"),
        encoded(noise(), "GIF"),
        encoded(noise(), "TIFF"),
        deep(),
    ],
    ids=["RGBA", "LA", "palette", "grey", "CMYK", "WebP", "GIF", "TIFF", "16 bit"],
)
def test_every_format_is_masked(data: bytes) -> None:
    box = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75)
    masked, _ = sent(PrivacyPolicy(mask=("faces",)), eyes(faces(box)), Image(data))
    assert masked.media_type in ("image/jpeg", "image/png")
    with PIL.Image.open(io.BytesIO(masked.data)) as picture:
        assert picture.mode == "RGB"
        assert picture.size == (60, 40)
        seen = np.asarray(picture, int)
    assert np.abs(seen[10:30, 15:45] - FILL).max() <= 3


def test_things_are_masked_and_counted_by_name() -> None:
    seer = eyes(faces(), things(car=Box(x0=0, y0=0, x1=0.2, y1=0.2), Person=Box(x0=0.5, y0=0.5, x1=1, y1=1)))
    masked, result = sent(PrivacyPolicy(mask=("person", "faces", "car")), seer, Image(noise()))
    assert result.warnings[0].message == "image: masked: person (1), faces (0), car (1)."
    assert [call.task for call in seer.calls] == ["faces", "detect"]
    assert (masked.array()[20:, 30:] == FILL).all()


def test_where_nothing_is_found_to_crop_to_only_this_machine_is_asked(found: Detections) -> None:
    acme, other, here = remote(), remote(), FakeProvider(found, name="here")
    layer, call = Privacy(PrivacyPolicy(crop_to="faces"), eyes(faces())), DetectCall(image=Image(noise(), name="photo"))
    with pytest.raises(PrivacyError, match=r"No faces were found in photo, .* Nothing was sent"):
        run(Layered(layer, acme)(call))
    route = Fallback([Layered(layer, handler) for handler in (acme, other, here)])
    result = run(route(call))
    assert result.objects == found.objects
    assert [attempt.outcome for attempt in result.attempts] == ["refused", "refused", "ok"]
    assert here.calls[0].pictures()["image"] is call.image
    assert not acme.calls
    assert not other.calls


@pytest.mark.parametrize(
    "error", [ConfigError("not installed"), TransportError("no weights"), DecodeError("odd"), InputError("bad")]
)
@pytest.mark.parametrize("policy", [PrivacyPolicy(mask=("faces",)), PrivacyPolicy(crop_to="text")])
def test_where_the_local_models_cannot_look_nothing_is_sent(error: VisionError, policy: PrivacyPolicy) -> None:
    acme = remote()
    with pytest.raises(type(error)):
        run(Fallback([Layered(Privacy(policy, eyes(error)), acme)])(ClassifyCall(image=Image(noise()))))
    assert not acme.calls


def test_a_policy_that_needs_eyes_is_not_carried_out_without() -> None:
    policy = PrivacyPolicy(mask=("faces",))
    for none in (None, remote()):
        with pytest.raises(ConfigError, match="local"):
            Privacy(policy, none)


def test_a_provider_outside_of_the_policy_is_not_asked_even_if_nobody_checked_before() -> None:
    acme = remote()
    with pytest.raises(PrivacyError, match="keeps pictures in 'eu'") as caught:
        run(Layered(Privacy(PrivacyPolicy(region="eu")), acme)(ClassifyCall(image=Image(noise()))))
    assert caught.value.attempts[0].outcome == "refused"
    assert not acme.calls


def test_metadata_may_be_let_through() -> None:
    image = photograph()
    kept, _ = sent(PrivacyPolicy(strip_metadata=False), eyes(), image)
    assert kept.data == image.data
    masked, _ = sent(PrivacyPolicy(strip_metadata=False, mask=("faces",)), eyes(faces()), image)
    assert b"Secret" not in masked.data


def test_masked_and_unmasked_answers_are_never_taken_for_each_other() -> None:
    call, acme = ClassifyCall(image=Image(noise())), remote()
    policies = [
        PrivacyPolicy(),
        PrivacyPolicy(mask=("faces",)),
        PrivacyPolicy(mask=("text",)),
        PrivacyPolicy(crop_to="faces"),
    ]
    cache = Cache(MemoryStore())
    seer = eyes(faces(Box(x0=0, y0=0, x1=0.5, y1=0.5)), Text.of([]))
    routes = [stack((cache, Privacy(policy, seer)), acme) for policy in policies]
    for route in (*routes, *routes):
        run(route(call))
    assert len(acme.calls) == len(policies)
    assert routes[0].version(call) == acme.version(call)


def test_blocking_and_async_send_the_same() -> None:
    call, acme = ClassifyCall(image=Image(noise())), remote()
    route = Layered(Privacy(PrivacyPolicy(mask=("faces",)), eyes(faces(Box(x0=0, y0=0, x1=1, y1=0.5)))), acme)
    assert run(route(call)).warnings == asyncio.run(arun(route(call))).warnings
    first, second = (asked.pictures()["image"].data for asked in acme.calls)
    assert first == second
