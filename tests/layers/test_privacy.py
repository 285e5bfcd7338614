"""Privacy: what a remote provider is given holds the picture and nothing else."""

from __future__ import annotations

import io

import PIL.Image

from visionhub.config import Settings
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.tasks import Comparison, Detections
from visionhub.tasks.compare import ComparedFace
from visionhub.testing import FakeProvider

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
