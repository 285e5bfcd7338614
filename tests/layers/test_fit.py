"""Fit: pictures are made acceptable with the smallest loss, and answers come back to the caller's frame."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.layers.conftest import picture
from visionhub.capability import Capability, Support
from visionhub.config import Settings
from visionhub.errors import InputError
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.layers.fit import fit, fits
from visionhub.tasks import Comparison, Detections
from visionhub.tasks.compare import ComparedFace
from visionhub.testing import FakeProvider

OPTIONS = {"min_score": Support.NATIVE, "max_results": Support.NATIVE}


def test_a_picture_that_fits_is_passed_on_untouched(found: Detections) -> None:
    fake, image = FakeProvider(found, capability=Capability(media_types=("image/png",))), picture(64, 48)
    result = Hub(fake, settings=Settings(cache="off")).detect(image)
    assert fake.calls[0].pictures()["image"] is image
    assert result.warnings == ()


def test_another_format_is_converted_without_loss_where_possible() -> None:
    image = picture(64, 48, "TIFF")
    done = fit(image, Capability(media_types=("image/jpeg", "image/png")))
    assert done.image.media_type == "image/png"
    assert done.image.rgb().tobytes() == image.rgb().tobytes()
    assert done.steps == ("sent as image/png",)


def test_quality_goes_before_pixels() -> None:
    image = picture(400, 300)
    done = fit(image, Capability(media_types=("image/png", "image/jpeg"), max_bytes=60_000))
    assert len(done.image.data) <= 60_000
    assert (done.image.width, done.image.height) == (400, 300)
    assert "quality" in done.steps[0]


def test_what_was_done_is_told_and_boxes_come_back(found: Detections) -> None:
    # The provider sees the picture in the top left quarter of a canvas, and finds the object in the middle of that.
    seen = found.model_copy(
        update={"objects": (found.objects[0].model_copy(update={"box": Box(x0=0.1, y0=0.1, x1=0.2, y1=0.3)}),)}
    )
    fake = FakeProvider(seen, capability=Capability(options=OPTIONS, min_side=100))
    result = Hub(fake, settings=Settings(cache="off")).detect(picture(50, 50))
    sent = fake.calls[0].pictures()["image"]
    assert (sent.width, sent.height) == (100, 100)
    assert result.objects[0].box.pixels(1, 1) == pytest.approx((0.2, 0.2, 0.4, 0.6))
    assert [warning.code for warning in result.warnings] == ["picture_changed"]
    assert "padded to 100 x 100" in result.warnings[0].message
    assert result.image is not None
    assert (result.image.width, result.image.height) == (50, 50)


def test_each_face_of_a_comparison_comes_back_to_its_own_picture() -> None:
    seen = ComparedFace(box=Box(x0=0.1, y0=0.1, x1=0.2, y1=0.2))
    answer = Comparison(same=True, similarity=0.9, threshold=0.5, a=seen, b=seen)
    fake = FakeProvider(answer, capability=Capability(options={}, min_side=100))
    result = Hub(fake, settings=Settings(cache="off")).compare_faces(picture(200, 200), picture(50, 50))
    assert result.a == seen
    assert result.b.box.pixels(1, 1) == pytest.approx((0.2, 0.2, 0.4, 0.4))


def test_a_limit_that_cannot_be_met_is_an_input_error() -> None:
    with pytest.raises(InputError, match="limits"):
        fit(picture(64, 48), Capability(max_bytes=10))


LIMITS = st.builds(
    Capability,
    media_types=st.sampled_from([(), ("image/jpeg",), ("image/png",), ("image/jpeg", "image/png"), ("image/webp",)]),
    min_side=st.sampled_from([None, 30, 80]),
    max_side=st.sampled_from([None, 90, 200]),
    max_pixels=st.sampled_from([None, 10_000, 5_000]),
)


@given(st.integers(1, 240), st.integers(1, 240), st.sampled_from(["PNG", "JPEG", "BMP"]), LIMITS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_out_fits(width: int, height: int, kind: str, limits: Capability) -> None:
    image = picture(width, height, kind)
    if not fits(image, limits):
        try:
            done = fit(image, limits)
        except InputError:
            # Nothing has both 80 pixels a side and only 5,000 in all.
            assert limits.min_side is not None
            assert limits.max_pixels is not None
            assert limits.min_side**2 > limits.max_pixels
        else:
            assert fits(done.image, limits)
            assert done.steps
