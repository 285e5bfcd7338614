"""Canonical kinds: one word for one thing, whoever names it; and an explicit "no mapping"."""

from __future__ import annotations

import pytest

from visionhub.errors import UnsupportedError
from visionhub.flow import run
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.labels import _table, kind, knows, means
from visionhub.labels.coco import NAMES
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider
from visionhub.testing.pictures import scene


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("car", "car"), ("Car", "car"), ("Automobile", "car"), ("cars", "car"), ("Mobile phone", "cell phone"), ("TV", "tv"),
        ("Television", "tv"), ("motorbike", "motorcycle"), ("Sofa", "couch"), ("Human", "person"), ("dining-table", "dining table"),
        ("Cherries", None), ("serendipity", None), ("", None),
    ],
)  # fmt: skip
def test_names_of_all_vendors_come_to_one_word(name: str, canonical: str | None) -> None:
    found = kind(name)
    assert (found.name if found else None) == canonical


def test_an_id_decides_where_a_name_means_two_things() -> None:
    assert kind("crane", "n02012849") == kind("bird")
    assert kind("tabby", "n02123045") == kind("cat")
    assert kind("tabby") is None


def test_every_category_of_coco_has_its_own_word() -> None:
    assert all((found := kind(name)) and found.name == name for name in NAMES.values())


def test_parents_are_kinds_and_nobody_is_his_own() -> None:
    table = _table()
    for name, found in table.items():
        if name == found.name:
            assert name not in found.parents
            for parent in found.parents:
                assert table[parent].name == parent
                assert set(table[parent].parents) <= {*found.parents, found.name}, (name, parent)


@pytest.mark.parametrize(
    ("wanted", "name", "is_meant"),
    [
        ("car", "Car", True), ("automobile", "car", True), ("vehicle", "Taxi", True), ("animal", "dog", True), ("car", "vehicle", False),
        ("cat", "dog", False), ("Frobnicator", "frobnicator", True), ("vehicle", "Frobnicator", False), ("person", "Woman", True),
    ],
)  # fmt: skip
def test_what_is_meant_by_a_word(wanted: str, name: str, is_meant: bool) -> None:
    found = kind(name)
    assert means(wanted, name, found.name if found else None) is is_meant


@pytest.mark.parametrize(
    ("vocabulary", "wanted", "known"),
    [
        ("coco-80", "vehicle", True),
        ("coco-80", "helicopter", False),
        ("coco-80", "nonsense", False),
        ("open", "x", None),
        (None, "x", None),
    ],
)
def test_what_a_closed_set_of_names_can_give(vocabulary: str | None, wanted: str, known: bool | None) -> None:
    assert knows(vocabulary, wanted) is known


def test_labels_work_across_vendors() -> None:
    box = Box(x0=0, y0=0, x1=1, y1=1)
    found = Detections(
        objects=tuple(Object(name=name, score=0.9, box=box) for name in ("Automobile", "Dog", "Gizmo"))
    ).named()
    assert [thing.kind for thing in found.objects] == ["car", "dog", None]
    assert [thing.name for thing in found.objects] == ["Automobile", "Dog", "Gizmo"]
    call = DetectCall(image=Image(scene()), labels=("vehicle", "gizmo"))
    assert [thing.name for thing in found.limited(call).objects] == ["Automobile", "Gizmo"]


def test_who_cannot_know_a_label_is_not_asked() -> None:
    with pytest.raises(UnsupportedError, match="local does not detect 'helicopter': its names are coco-80") as caught:
        Hub("local").detect(scene(), labels=["helicopter"])
    assert caught.value.attempts[0].outcome == "refused"


def test_a_fake_that_is_asked_alone_keeps_its_own_words() -> None:
    found = Detections(objects=(Object(name="Sedan", score=0.9, box=Box(x0=0, y0=0, x1=1, y1=1)),))
    (thing,) = run(FakeProvider(found)(DetectCall(image=Image(scene())))).objects
    assert (thing.name, thing.kind) == ("Sedan", None)


def test_most_classes_of_imagenet_have_a_kind() -> None:
    mapped = sum(word.startswith("n") and word[1:].isdigit() for word in _table())
    assert mapped >= 800, mapped
