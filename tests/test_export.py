"""Answers in the formats of other tools."""

from __future__ import annotations

import sys

import PIL.Image
import pytest
import supervision

from visionhub import Box, ConfigError, Detections, Faces, Image, InputError
from visionhub.tasks.detect import Object
from visionhub.tasks.faces import Face

PICTURE = Image(PIL.Image.new("RGB", (200, 100)))
FOUND = Detections(
    objects=(
        Object(name="zebra", score=0.9, box=Box(x0=0.1, y0=0.2, x1=0.5, y1=0.7), id="24"),
        Object(name="a horse", score=None, box=Box(x0=0, y0=0, x1=1, y1=1), id="/m/03k3r"),
    )
)
FACES = Faces(faces=(Face(box=Box(x0=0.1, y0=0.2, x1=0.5, y1=0.7), score=0.9),))


def test_coco_rows() -> None:
    first, second = FOUND.about(PICTURE).to_coco(image_id=7)
    assert first.pop("bbox") == pytest.approx([20, 20, 80, 50])
    assert first == {"image_id": 7, "category_id": 24, "category_name": "zebra", "score": 0.9}
    assert (second["category_id"], second["score"]) == (None, None)
    (face,) = FACES.about(PICTURE).to_coco()
    assert (face["category_name"], face["bbox"]) == ("face", pytest.approx([20, 20, 80, 50]))


def test_supervision() -> None:
    found = FOUND.about(PICTURE).to_supervision()
    assert isinstance(found, supervision.Detections)
    assert found.xyxy.tolist() == [pytest.approx([20, 20, 100, 70]), [0, 0, 200, 100]]
    assert list(found.data["class_name"]) == ["zebra", "a horse"]
    assert found.class_id is not None
    assert found.class_id.tolist() == [1, 0]
    assert found.confidence is not None
    assert found.confidence.tolist() == pytest.approx([0.9, float("nan")], nan_ok=True)
    assert len(FACES.about(PICTURE).to_supervision()) == 1
    assert len(Detections(objects=()).to_supervision()) == 0


def test_without_its_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ConfigError) as caught:
        FOUND.about(PICTURE).to_supervision()
    assert caught.value.hint == "pip install supervision"


def test_pixels_need_the_size_of_the_picture() -> None:
    with pytest.raises(InputError, match="how large"):
        FOUND.to_coco()
    with pytest.raises(InputError, match="how large"):
        FOUND.to_supervision()
    assert Detections(objects=()).to_coco() == []
