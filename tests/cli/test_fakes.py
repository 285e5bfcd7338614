"""The same program with providers that answer as prepared: every kind of answer, every option, every way to fail."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.conftest import Program, is_whole
from visionhub import registry
from visionhub.errors import ProviderError, VisionError
from visionhub.geometry import Box
from visionhub.tasks import (
    Call,
    Caption,
    Comparison,
    Detections,
    Faces,
    Images,
    Labels,
    Moderation,
    Result,
    Usage,
    Warning,
)
from visionhub.tasks.caption import Region
from visionhub.tasks.classify import Label
from visionhub.tasks.compare import ComparedFace
from visionhub.tasks.detect import Object
from visionhub.tasks.generate import GeneratedImage
from visionhub.tasks.moderate import Category
from visionhub.testing import FakeProvider
from visionhub.testing.pictures import encoded, scene

BOX = Box(x0=0.25, y0=0.5, x1=0.5, y1=1)


class Named(FakeProvider):
    """A fake that can be asked for by its name."""

    def with_options(self, options: Mapping[str, Any]) -> Named:
        return self


Answering = Callable[..., Named]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Answering:
    """Makes a provider that gives these answers. The first one made is asked by default."""
    known: dict[str, Named] = {}
    monkeypatch.setattr(registry, "get", known.__getitem__)
    monkeypatch.setenv("VISIONHUB_ATTEMPTS", "1")
    scene().save(tmp_path / "scene.png")

    def make(*answers: Result | VisionError | Callable[[Call[Any]], Result], name: str = "fake", **facts: Any) -> Named:
        if not known:
            monkeypatch.setenv("VISIONHUB_PROVIDER", name)
        known[name] = Named(*answers, name=name, **facts)
        return known[name]

    return make


def compared(*, same: bool, similarity: float, threshold: float) -> Comparison:
    face = ComparedFace(box=BOX)
    return Comparison(same=same, similarity=similarity, threshold=threshold, a=face, b=face)


def generated(*colors: str) -> Images:
    pictures = [Image.new("RGB", (40, 30), color) for color in colors]
    return Images(
        images=tuple(
            GeneratedImage(
                media_type="image/png", width=40, height=30, data=encoded(picture), seed=7, revised_prompt="a \x1b red"
            )
            for picture in pictures
        )
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Labels(labels=()), ["nothing found"]),
        (Labels(labels=(Label(name="cat", score=None),)), ["label score", "cat"]),
        (Detections(objects=(Object(name="house", score=0.5, box=BOX),)), ["object score left top right bottom", "house 0.50 160 240 320 480"]),
        (Faces(faces=()), ["nothing found"]),
        (
            Moderation.of([Category(name="violence", level="likely", flagged=True, native="v")]),
            ["flagged", "violence likely flagged", "not assessed: sexual, "],
        ),
        (
            Caption(text="A house.", question="What?", tags=("sky", "sun"), regions=(Region(text="roof", score=0.9, box=BOX),)),
            ["What?", "A house.", "tags: sky, sun", "roof 0.90 160 240 320 480"],
        ),
    ],
    ids=lambda part: part.task if isinstance(part, Result) else "",
)  # fmt: skip
def test_answers_for_people(program: Program, answering: Answering, answer: Result, said: list[str]) -> None:
    answering(answer.model_copy(update={"model": "m1", "usage": Usage(cost_usd=0.25)}))
    ended = program(answer.task, "scene.png")
    assert (ended.exit_code, ended.stderr) == (0, "")
    heading, *lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert heading.startswith("scene.png 640 x 480 fake m1 ")
    assert heading.endswith(" ms $0.2500")
    for line in said:
        assert any(found.startswith(line) for found in lines), (line, lines)


def test_two_people(program: Program, answering: Answering) -> None:
    answering(compared(same=False, similarity=0.25, threshold=0.5))
    ended = program("compare", "scene.png", "scene.png")
    assert ended.stdout.splitlines()[1] == "  different people  similarity 0.25  threshold 0.50"


def test_every_option_reaches_the_call(program: Program, answering: Answering) -> None:
    fake = answering(
        Labels(labels=()), Caption(text="x"), Faces(faces=()), compared(same=True, similarity=1, threshold=1), generated("red")
    )  # fmt: skip
    for line in (
        "classify scene.png --labels a,b --labels c --min-score 0.5 --max-results 3 --model big",
        "caption scene.png --question Who? --language de",
        "faces scene.png --attributes age --attributes gender,emotion --embedding",
        "compare scene.png scene.png --threshold 0.75",
        "generate house --negative-prompt car --size 32x16 --count 2 --seed 5",
    ):
        assert program(*line.split()).exit_code == 0, line
    fields = [call.model_dump(exclude={"image", "other"}, exclude_defaults=True) for call in fake.calls]
    assert fields == [
        {"labels": ("a", "b", "c"), "min_score": 0.5, "max_results": 3, "model": "big"},
        {"question": "Who?", "language": "de"},
        {"attributes": ("age", "gender", "emotion"), "embedding": True},
        {"threshold": 0.75},
        {"prompt": "house", "negative_prompt": "car", "size": (32, 16), "count": 2, "seed": 5},
    ]


def test_generated_pictures_are_saved_as_they_came_and_none_is_lost(program: Program, answering: Answering) -> None:
    answer = generated("red", "blue")
    answering(answer)
    for _ in range(2):
        ended = program("generate", "A red/blue house!", "--count", "2", "--save", "out")
        assert ended.exit_code == 0
        assert r"a \x1b red" in ended.stdout
    names = ["a-red-blue-house.png", *(f"a-red-blue-house-{number}.png" for number in (2, 3, 4))]
    assert [(Path("out") / name).read_bytes() for name in names] == [image.data for image in answer.images] * 2
    assert len(list(Path("out").iterdir())) == 4


def test_a_generated_picture_is_converted_where_the_file_says_so(program: Program, answering: Answering) -> None:
    answering(generated("red"))
    ended = program("generate", "house", "--save", "house.jpg", "--json")
    assert json.loads(ended.stdout)["saved"] == ["house.jpg"]
    with Image.open("house.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (40, 30))
    assert program("generate", "house", "--count", "2", "--save", "house.jpg").exit_code == 2


def test_a_generated_picture_that_is_none(program: Program, answering: Answering) -> None:
    broken = GeneratedImage(media_type="image/png", width=1, height=1, data=b"nonsense")
    answering(Images(images=(broken,)))
    ended = program("generate", "house", "--save", "house.jpg")
    assert ended.exit_code == 1
    assert "error: The 8 bytes of image/png are no picture." in ended.stderr
    assert not Path("house.jpg").exists()


def test_stdin_may_be_asked_about_repeatedly(program: Program, answering: Answering) -> None:
    answering(compared(same=True, similarity=1, threshold=0.5), Labels(labels=()))
    data = Path("scene.png").read_bytes()
    for arguments in (["compare", "-", "scene.png", "scene.png", "-"], ["classify", "-", "-", "-"]):
        ended = program(*arguments, "--json", stdin=data)
        assert (ended.exit_code, ended.stderr) == (0, "")
        assert [json.loads(line)["source"] for line in ended.stdout.splitlines()] == ["-"] * 3


def test_quoted_globs_and_folders(program: Program, answering: Answering, pictures: Path) -> None:
    answering(Labels(labels=()))
    ended = program("classify", "pictures/**/*.[jp][pn]g", pictures / "more", "nothing*.png", "--json")
    sources = [json.loads(line)["source"] for line in ended.stdout.splitlines()]
    page = str(Path("pictures", "more", "page.png"))
    assert sources == [str(Path("pictures", "broken.png")), page, str(Path("pictures", "scene.jpg")), str(pictures / "more" / "page.png"), "nothing*.png"]  # fmt: skip
    assert ended.exit_code == 1
    assert "Nothing matches nothing*.png." in ended.stderr


def test_the_next_provider_answers_when_one_fails(program: Program, answering: Answering) -> None:
    down = ProviderError("It is down.")
    answering(Labels(labels=()), name="good")
    bad = answering(down, name="bad", tasks=["classify"])
    ended = program("classify", "scene.png", "--provider", "bad,good", "--json")
    answer = json.loads(ended.stdout)
    assert answer["provider"] == "good"
    assert [attempt["provider"] for attempt in answer["attempts"]] == ["bad", "good"]
    assert len(bad.calls) == 1


def test_when_all_providers_fail_each_is_named(program: Program, answering: Answering) -> None:
    answering(ProviderError("It is down."), name="one", tasks=["classify"])
    answering(ProviderError("It is full.", hint="Come back."), name="two", tasks=["classify"])
    ended = program("classify", "scene.png", "--provider", "one", "--provider", "two")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "one: ProviderError: It is down." in ended.stderr
    assert "two: ProviderError: It is full." in ended.stderr


def test_failed_items_follow_the_contract(program: Program, answering: Answering) -> None:
    answering(ProviderError("It is down.", code="E7", hint="Come back."), tasks=["classify"])
    ended = program("classify", "scene.png", "--json")
    assert json.loads(ended.stdout) == {
        "source": "scene.png",
        "error": {"type": "ProviderError", "message": "It is down.", "provider": "fake", "code": "E7", "hint": "Come back."},
    }  # fmt: skip
    assert ended.stderr == "error: scene.png: It is down.\n       Come back.\n"


def test_warnings_go_to_stderr(program: Program, answering: Answering) -> None:
    answering(Labels(labels=(), warnings=(Warning(code="x", message="Language was ignored."),)))
    ended = program("classify", "scene.png")
    assert (ended.exit_code, ended.stderr) == (0, "warning: scene.png: Language was ignored.\n")
    as_json = program("classify", "scene.png", "--json")
    assert json.loads(as_json.stdout)["warnings"][0]["code"] == "x"


def test_an_error_of_ours_is_told_without_a_traceback(program: Program, answering: Answering) -> None:
    def broken(call: Call[Any]) -> Result:
        raise RuntimeError("left is right")

    answering(broken, tasks=["classify"])
    ended = program("classify", "scene.png")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("internal error: RuntimeError: left is right. Run it with --debug")
    for arguments in (["--debug", "classify", "scene.png"], ["classify", "scene.png", "--debug"]):
        assert isinstance(program(*arguments).exception, RuntimeError)


def test_a_time_limit(program: Program, answering: Answering) -> None:
    answering(Labels(labels=()), seconds=60)
    ended = program("classify", "scene.png", "--timeout", "0.05", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["error"]["type"] == "TimeoutError"


def test_offline_asks_nobody_remote(program: Program, answering: Answering) -> None:
    fake = answering(Labels(labels=()), is_remote=True)
    ended = program("classify", "scene.png", "--offline")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "visionhub is offline, and fake would need the network" in ended.stderr
    assert fake.calls == []


@pytest.mark.parametrize("concurrency", [1, 3])
def test_so_many_at_a_time_and_in_order(program: Program, answering: Answering, concurrency: int) -> None:
    together, under_way, most = threading.Barrier(concurrency), 0, 0

    def slow(call: Call[Any]) -> Result:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        # Goes on when as many as allowed have come, and breaks if they never do.
        together.wait(timeout=30)
        under_way -= 1
        together.wait(timeout=30)
        return Labels(labels=())

    answering(slow, tasks=["classify"], is_remote=True)
    Path("many").mkdir()
    for number in range(9):
        # Equal pictures would be answered from the cache.
        scene(40 + number, 40).save(f"many/{number}.png")
    ended = program("classify", "many", "--json", "--concurrency", concurrency)
    sources = [json.loads(line)["source"] for line in ended.stdout.splitlines()]
    assert sources == [str(Path("many", f"{number}.png")) for number in range(9)]
    assert ended.exit_code == 0
    assert most == concurrency


def test_results_keep_the_folders_structure_and_the_kind_of_picture(
    program: Program, answering: Answering, pictures: Path
) -> None:
    answering(Labels(labels=()))
    (pictures / "broken.png").unlink()
    ended = program("classify", pictures, "scene.png", "--save", "out/")
    saved = {"out/scene.jpg", "out/more/page.png", "out/scene.png"}
    assert {line.removeprefix("saved ") for line in ended.stderr.splitlines()} == saved
    for path in map(Path, saved):
        assert is_whole(path)
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            assert picture.format == {".jpg": "JPEG", ".png": "PNG"}[path.suffix]
