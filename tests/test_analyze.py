"""Several questions about one picture: how they are asked, and what comes back."""

from __future__ import annotations

import asyncio
import gc
import inspect
import io
import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import PIL.Image
import pytest
from typer.testing import CliRunner

from visionhub import tasks as spec
from visionhub.analysis import ABOUT_ONE_PICTURE, OTHERS, Analysis, Options
from visionhub.capability import Capability
from visionhub.cli.app import app
from visionhub.config import Settings
from visionhub.errors import InputError, ProviderError, UnsupportedError, VisionError
from visionhub.hub import AsyncHub, Hub
from visionhub.image import Image, encode, strip
from visionhub.tasks import TASKS, Call, DetectCall, Detections, Result, Text
from visionhub.testing import FakeProvider, pictures, results

ONCE = Settings(cache="off", attempts=1)
PICTURE = pictures.encoded(pictures.scene(), "JPEG")
ANSWERS = FakeProvider(results.answer)


def failing(*broken: str) -> FakeProvider:
    """Answers all tasks but these."""

    def answer(call: Call[Any]) -> Result:
        if call.task in broken:
            raise ProviderError(f"no {call.task} today")
        told: Result = results.answer(call)
        return told

    return FakeProvider(answer)


def analyzed(provider: Any, words: Sequence[str], *, is_async: bool, options: Options | None = None) -> Analysis:
    if is_async:
        return asyncio.run(AsyncHub(provider, settings=ONCE).analyze(PICTURE, words, options=options))
    return Hub(provider, settings=ONCE).analyze(PICTURE, words, options=options)


def test_every_task_is_one_or_the_other() -> None:
    assert {*ABOUT_ONE_PICTURE, *OTHERS} == set(TASKS)
    for word in ABOUT_ONE_PICTURE:
        assert isinstance(inspect.getattr_static(Analysis, word), property)


def test_the_options_are_those_of_the_calls() -> None:
    known = get_type_hints(Options, {**vars(spec), "Mapping": Mapping, "Sequence": Sequence})
    assert set(known) == set(ABOUT_ONE_PICTURE)
    for word, options in known.items():
        assert set(options.__annotations__) == set(TASKS[word].model_fields) - {"image"}


def test_both_hubs_ask_alike() -> None:
    names = [list(inspect.signature(kind.analyze).parameters) for kind in (Hub, AsyncHub)]
    assert names[0] == names[1]


@pytest.mark.parametrize("is_async", [False, True])
def test_answers_come_by_task_in_the_order_asked(*, is_async: bool) -> None:
    words = ("ocr", "detect", "moderate", "caption", "faces", "classify")
    answers = analyzed(ANSWERS, words, is_async=is_async)
    assert tuple(answers) == words
    assert len(answers) == 6
    assert answers.ocr.text == results.answer(spec.OcrCall(image=Image(PICTURE))).text
    for word in words:
        assert getattr(answers, word) is answers[word]
        assert isinstance(answers[word], spec.RESULTS[word])
    assert not answers.errors


@pytest.mark.parametrize("is_async", [False, True])
def test_one_that_fails_loses_no_other(*, is_async: bool) -> None:
    answers = analyzed(failing("ocr", "faces"), ("detect", "ocr", "faces"), is_async=is_async)
    assert isinstance(answers["detect"], Detections)
    assert list(answers.errors) == ["ocr", "faces"]
    assert answers.errors["ocr"].task == "ocr"
    with pytest.raises(ProviderError, match="no ocr today"):
        answers.ocr  # noqa: B018  # it raises
    with pytest.raises(KeyError):
        answers.caption  # noqa: B018  # it raises


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["detekt"], None, "Did you mean detect"),
        (["x"], None, "There are: classify"),
        ([7], None, "There are: classify"),
        (["ocr", "compare"], None, "compare_faces"),
        (["generate"], None, "hub.generate"),
        (["ocr", "ocr"], None, "once"),
        ([], None, "at least one"),
        (["ocr"], {"detect": {}}, "options for detect"),
        (["ocr", "detect"], {"detect": {"max_results": 0}}, "max_results"),
        (["ocr", "detect"], {"detect": {"max_result": 1}}, "max_result"),
        (["ocr", "detect"], {"detect": {"image": PICTURE}}, "image"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_sent(words: Any, options: Any, said: str) -> None:
    fake = FakeProvider(results.answer)
    for is_async in (False, True):
        with pytest.raises(InputError, match=said):
            analyzed(fake, words, is_async=is_async, options=options)
    assert fake.calls == []


def test_options_reach_their_call_and_no_other() -> None:
    fake = FakeProvider(results.answer)
    analyzed(fake, ("detect", "classify"), is_async=False, options={"detect": {"max_results": 1, "model": "m"}})
    detect, classify = fake.calls
    assert isinstance(detect, DetectCall)
    assert (detect.max_results, detect.model) == (1, "m")
    assert classify.options() == {}
    assert classify.model is None


def test_one_word_is_one_question() -> None:
    assert tuple(analyzed(ANSWERS, "ocr", is_async=False)) == ("ocr",)


def test_a_broken_picture_is_an_error_of_each() -> None:
    answers = Hub(ANSWERS, settings=ONCE).analyze(Image(b"broken", name="a.jpg"), ["ocr", "detect"])
    assert [type(error) for error in answers.errors.values()] == [InputError, InputError]
    assert answers.source == "a.jpg"


def test_it_is_plain_data() -> None:
    answers = analyzed(failing("ocr"), ("detect", "ocr"), is_async=False)
    said = json.loads(json.dumps(answers.to_dict()))
    assert list(said["answers"]) == ["detect", "ocr"]
    assert said["answers"]["detect"]["task"] == "detect"
    assert said["answers"]["ocr"]["error"]["type"] == "ProviderError"
    assert pickle.loads(pickle.dumps(answers)).detect == answers.detect
    assert "Analysis({'detect'" in repr(answers)


def test_what_it_cost_is_known_if_all_is() -> None:
    def answer(cost: float | None) -> Text:
        return Text(text="", lines=(), usage=spec.Usage(cost_usd=cost))

    assert Analysis({"a": answer(0.5), "b": answer(0.25), "c": UnsupportedError("no")}).cost_usd == 0.75
    assert Analysis({"a": answer(0.5), "b": answer(None)}).cost_usd is None


class Bounded(FakeProvider):
    """A remote provider that takes small PNGs alone."""

    def __init__(self) -> None:
        super().__init__(
            results.answer, is_remote=True, capability=Capability(media_types=("image/png",), max_side=100)
        )


@pytest.mark.parametrize("is_async", [False, True])
def test_the_picture_is_read_stripped_and_made_to_fit_once(monkeypatch: pytest.MonkeyPatch, *, is_async: bool) -> None:
    done: list[str] = []

    class Stream(io.BytesIO):
        def read(self, *sizes: Any) -> bytes:
            done.append("read")
            return super().read(*sizes)

    def counted(name: str, function: Any) -> Any:
        def counting(*given: Any) -> Any:
            done.append(name)
            return function(*given)

        return counting

    monkeypatch.setattr(strip, "strip", counted("stripped", strip.strip))
    monkeypatch.setattr(encode, "encode", counted("encoded", encode.encode))
    fake, words = Bounded(), ["detect", "classify", "ocr", "moderate"]
    if is_async:
        asyncio.run(AsyncHub(fake, settings=ONCE).analyze(Stream(PICTURE), words))
    else:
        Hub(fake, settings=ONCE).analyze(Stream(PICTURE), words)
    assert [name for name in done if name != "read"] == ["stripped", "encoded"]
    sent = [call.pictures()["image"] for call in fake.calls]
    assert len(sent) == 4
    assert all(picture is sent[0] for picture in sent)
    assert max(sent[0].width, sent[0].height) <= 100


def test_what_is_made_of_a_picture_is_not_kept_longer_than_it_is_used() -> None:
    image = Image(PICTURE)
    first = image.made("it", lambda: Image(PICTURE))
    assert image.made("it", image.unread) is first
    del first
    gc.collect()
    assert image.made("it", lambda: image) is image
    assert pickle.loads(pickle.dumps(image)) == image


def test_the_local_provider_answers_as_it_does_alone(local: Hub, samples: Mapping[str, Path]) -> None:
    def plain(told: Result | VisionError) -> dict[str, Any]:
        return {name: part for name, part in told.to_dict().items() if name not in ("usage", "attempts", "request_id")}

    words = ("classify", "faces", "moderate")
    answers = local.analyze(samples["astronaut"], words)
    assert not answers.errors
    for word in words:
        assert plain(answers[word]) == plain(getattr(local, word)(samples["astronaut"]))


def said(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["analyze", *map(str, arguments)])


def test_the_command_gives_one_object_a_picture(samples: Mapping[str, Path], tmp_path: Path) -> None:
    with PIL.Image.open(samples["coffee"]) as cup:
        cup.save(tmp_path / "cup.png")
    (tmp_path / "z.png").write_bytes(b"broken")
    ended = said(tmp_path, "classify", "moderate", "--json")
    assert ended.exit_code == 1
    first, broken = map(json.loads, ended.stdout.splitlines())
    assert list(first["answers"]) == ["classify", "moderate"]
    assert first["answers"]["classify"]["labels"][0]["name"] == "espresso"
    assert first["source"] == str(tmp_path / "cup.png")
    assert {told["error"]["type"] for told in broken["answers"].values()} == {"InputError"}
    assert "z.png" in ended.stderr


def test_the_command_for_people(samples: Mapping[str, Path]) -> None:
    ended = said(samples["coffee"], "classify,moderate")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "espresso" in ended.stdout
    assert "not flagged" in ended.stdout


@pytest.mark.parametrize("word", ["detekt", "compare", "generate"])
def test_the_command_refuses_wrong_words(tmp_path: Path, word: str) -> None:
    ended = said(tmp_path / "missing.jpg", "ocr", word)
    assert ended.exit_code == 2
    assert word in ended.stderr


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    ended = said(tmp_path / "*.jpg", "ocr", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["error"]["type"] == "InputError"
