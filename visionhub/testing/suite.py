"""The conformance suite: what every provider keeps, whoever wrote it.

    class TestAcme(ProviderSuite):
        provider = PROVIDER
        options = {"base_url": "http://127.0.0.1:8080"}     # whatever makes it answer in a test

Tests are chosen by what the provider declares, never by its name. Without `answers`, only what needs no answer is tested.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

import pytest
from PIL import Image as Pillow

from visionhub.capability import FILTERS, Capability, Support
from visionhub.codec import Codec
from visionhub.config import Settings
from visionhub.errors import InputError, UnsupportedError, VisionError
from visionhub.flow import Send, arun, run
from visionhub.geometry import Box, Point, Polygon
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.layers.fit import fit, fits
from visionhub.provider import Provider
from visionhub.tasks import (
    RESULTS,
    TASKS,
    Call,
    Caption,
    Comparison,
    Embedding,
    GenerateCall,
    Images,
    Moderation,
    Result,
    Text,
)
from visionhub.testing import pictures, results

# One value for each option of each task, none of them the default.
SAMPLES: dict[str, Any] = {
    "labels": ("person", "cat"), "min_score": 0.25, "max_results": 3, "language": "en", "attributes": ("age",), "embedding": True,
    "threshold": 0.5, "question": "What is it?", "negative_prompt": "rain", "size": (512, 512), "count": 2, "seed": 7,
    "text": "a red house",
}  # fmt: skip
BOX_TOLERANCE = 0.01
SCORE_TOLERANCE = 0.01
SEEDS = 20


class ProviderSuite:
    """See the module.

    answers   whether `provider.with_options(options)` can answer in this test run
    secrets   values inside `options` that must never be shown
    models    by task: another model than the usual one, where not any word will do
    stepwise  tasks that take several requests, each of which tells less than the whole call
    """

    provider: ClassVar[Provider]
    options: ClassVar[Mapping[str, Any]] = {}
    answers: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ()
    models: ClassVar[Mapping[str, str]] = {}
    stepwise: ClassVar[tuple[str, ...]] = ()

    def picture(self, task: str) -> Pillow.Image:
        """A picture that the provider has an answer for; override it for a provider that needs real photographs."""
        return pictures.page("The quick brown fox", "jumps over the lazy dog") if task == "ocr" else pictures.scene()

    def call(self, task: str, image: Image | None = None, **options: Any) -> Call[Any]:
        """A call of that task, about `image` or the suite's own picture."""
        if task == GenerateCall.task:
            return GenerateCall(prompt="a red house", **options)
        image = image or Image(pictures.encoded(self.picture(task)), name=f"{task}.png")
        given: dict[str, Any] = dict(options)
        if not options.get("text"):
            fields = TASKS[task].model_fields.items()
            given |= {name: image for name, field in fields if field.annotation in (Image, Image | None)}
        return TASKS[task](**given)

    @pytest.fixture(scope="class")
    @classmethod
    def handler(cls) -> Iterator[Provider]:
        """The provider, ready to answer."""
        if not cls.answers:
            pytest.skip(f"{cls.provider.name} cannot answer in this run")
        handler = cls.provider.with_options(cls.options)
        yield handler
        handler.close()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test a task that the provider offers (`task`) or does not (`absent`), and one an option."""
        offered = self.provider.tasks
        if {"task", "option"} <= set(metafunc.fixturenames):
            pairs = [(task, name) for task in offered for name in TASKS[task].model_fields if name in SAMPLES]
            metafunc.parametrize(("task", "option"), pairs)
        elif "task" in metafunc.fixturenames:
            metafunc.parametrize("task", offered)
        elif "absent" in metafunc.fixturenames:
            metafunc.parametrize("absent", [task for task in TASKS if task not in offered])

    # What is declared

    def test_it_offers_something(self) -> None:
        assert self.provider.tasks
        assert self.provider.name.isidentifier()
        assert self.provider.title

    def test_codecs_are_complete(self, task: str) -> None:
        assert isinstance(self.provider.codec(task), Codec)

    def test_declared_options_exist(self, task: str) -> None:
        assert set(self._capability(task).options) <= set(TASKS[task].model_fields)

    def test_absent_tasks_are_refused(self, absent: str) -> None:
        assert self.provider.capability(absent) is None
        with pytest.raises(UnsupportedError) as caught:
            run(self.provider(self.call(absent)))
        assert caught.value.provider == self.provider.name
        assert caught.value.attempts[0].outcome == "error"

    # Encoding

    def test_encoding_is_pure(self, task: str) -> None:
        codec, call = self._codec(task), self.call(task)
        with _nothing_but_values():
            assert codec.encode(call) == codec.encode(call)

    def test_options_mean_what_is_declared(self, task: str, option: str) -> None:
        capability = self._capability(task)
        call = self.call(task, **{option: _sample(capability, option)})
        support = capability.options.get(option)
        if support is None and option in call.meaning:
            with pytest.raises(UnsupportedError, match=option):
                capability.check(call, self.provider.name)
            return
        warnings = capability.check(call, self.provider.name)
        assert bool(warnings) == (support is None and option not in FILTERS), (
            "an option that is ignored is warned of, and no other"
        )
        if support is Support.NATIVE:
            encode, plain = self._codec(task).encode, self.call(task)
            assert encode(call) != encode(plain), "a native option changes the request"

    # Limits

    def test_pictures_are_made_to_fit(self, task: str) -> None:
        limits = self._capability(task)
        small, large = Image(Pillow.new("RGB", (7, 5), "red")), Image(_noise(3_000, 2_000))
        for image in (small, large):
            if task != GenerateCall.task and not fits(image, limits):
                assert fits(fit(image, limits).image, limits)

    # Answers

    def test_answers_are_sound(self, task: str, handler: Provider) -> None:
        call = self.call(task)
        result = run(handler(call))
        assert isinstance(result, RESULTS[task])
        assert (result.task, result.provider) == (task, self.provider.name)
        assert result.model
        assert [attempt.outcome for attempt in result.attempts] == ["ok"]
        assert result.usage.cost_usd is None or result.usage.cost_usd >= 0
        _check_values(result)
        again = RESULTS[task].model_validate(result.to_dict())
        assert again.to_dict() == result.to_dict()

    def test_filters_are_kept(self, task: str, handler: Provider) -> None:
        fields = TASKS[task].model_fields
        if "max_results" not in fields or "min_score" not in fields:
            pytest.skip("the task has no such filters")
        everything = _items(run(handler(self.call(task, min_score=0.0))))
        best = _items(run(handler(self.call(task, min_score=0.0, max_results=1))))
        assert best == everything[:1]
        scores = [item.score for item in everything if item.score is not None]
        for limit in scores[:3]:
            kept = _items(run(handler(self.call(task, min_score=limit))))
            assert all(item.score is None or item.score >= limit for item in kept)

    def test_blocking_and_async_answers_are_equal(self, task: str, handler: Provider) -> None:
        call = self.call(task)
        assert timeless(run(handler(call))) == timeless(asyncio.run(arun(handler(call))))

    def test_a_picture_turned_by_exif_is_answered_alike(self, task: str, handler: Provider) -> None:
        if task == GenerateCall.task:
            pytest.skip("the task has no picture")
        upright = self.picture(task)
        answers = []
        for orientation in range(1, 9):
            turned = Image(pictures.turned(upright, orientation, "PNG"), name=str(orientation))
            answers.append(run(handler(self.call(task, turned))))
        for answer in answers[1:]:
            _check_alike(answers[0], answer)

    def test_damaged_pictures_are_input_errors(self, task: str, handler: Provider) -> None:
        if task == GenerateCall.task:
            pytest.skip("the task has no picture")
        hub = Hub(handler, settings=Settings(cache="off"))
        for data in (b"", b"this is no picture", pictures.encoded(pictures.scene())[:60]):
            with pytest.raises(InputError) as caught:
                hub.run(self.call(task, Image(data, name="damaged.png")))
            assert "damaged.png" in f"{caught.value.source} {caught.value}"

    def test_an_abandoned_flow_is_closed(self, task: str, handler: Provider) -> None:
        flow = handler(self.call(task))
        assert isinstance(next(flow), Send)
        flow.close()
        assert flow.gi_frame is None  # type: ignore[attr-defined]  # a flow is a generator

    # Both directions

    def test_requests_survive_a_round_trip(self, task: str, option: str) -> None:
        codec = self._server(task)
        assert codec.parse
        asked = (
            {option: _sample(codec.capability, option)}
            if codec.capability.options.get(option) is Support.NATIVE
            else {}
        )
        for call in (self.call(task, **asked), self.call(task, **asked, model=self.models.get(task))):
            assert codec.parse(codec.encode(call)) == call

    def test_answers_survive_a_round_trip(self, task: str) -> None:
        codec, call = self._server(task), self.call(task)
        assert codec.render
        for seed in range(SEEDS):
            answer = results.answer(call, seed)
            once = codec.decode(codec.render(answer, call), call)
            _check_said(answer, once)
            twice = codec.decode(codec.render(once, call), call)
            assert timeless(once) == timeless(twice)

    def _server(self, task: str) -> Codec:
        codec = self._codec(task)
        if codec.parse is None or task in self.stepwise:
            pytest.skip("the vendor has no such operation, or one of several steps")
        return codec

    # Secrets

    def test_secrets_are_never_shown(self) -> None:
        shown = repr(self.provider.with_options(self.options))
        assert not any(secret in shown for secret in self.secrets)

    def _codec(self, task: str) -> Codec:
        codec = self.provider.codec(task)
        assert codec is not None
        return codec

    def _capability(self, task: str) -> Capability:
        return self._codec(task).capability


def _sample(capability: Capability, option: str) -> Any:
    """A value that the provider has a use for."""
    if option == "attributes":
        known = [name.rpartition(".")[2] for name in capability.fields if name.startswith("faces.attributes.")]
        return tuple(known[:1]) or SAMPLES[option]
    return SAMPLES[option]


def timeless(result: Result) -> dict[str, Any]:
    """An answer without what differs from one time to the next: latencies and request ids."""
    plain = result.to_dict()
    for name in ("latency_ms", "queue_ms", "compute_ms", "batch"):
        plain["usage"].pop(name)
    plain.pop("request_id")
    for attempt in plain["attempts"]:
        attempt.pop("latency_ms")
    return plain


def _items(result: Result) -> list[Any]:
    named = (getattr(result, name, None) for name in ("labels", "objects", "faces"))
    return list(next(items for items in named if items is not None))


def _check_values(value: Any) -> None:
    """Scores lie in 0..1, lists of scored things fall, names are not empty; boxes and polygons have checked themselves."""
    if isinstance(value, tuple):
        for part in value:
            _check_values(part)
        return
    score = getattr(value, "score", None)
    assert score is None or 0 <= score <= 1
    assert getattr(value, "name", "x")
    if isinstance(value, Result) and value.task in ("classify", "detect", "faces"):
        scores = [-1.0 if item.score is None else item.score for item in _items(value)]
        assert scores == sorted(scores, reverse=True)
    for name in getattr(type(value), "model_fields", ()):
        _check_values(getattr(value, name))


def _check_alike(one: Any, other: Any) -> None:
    """The same things at the same places, to a hundredth of the picture."""
    if isinstance(one, Box):
        assert all(
            abs(a - b) <= BOX_TOLERANCE for a, b in zip(*(box.pixels(1, 1) for box in (one, other)), strict=True)
        )
    elif isinstance(one, Point):
        assert max(abs(one.x - other.x), abs(one.y - other.y)) <= BOX_TOLERANCE
    elif isinstance(one, Polygon):
        _check_alike(one.box, other.box)
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            _check_alike(a, b)
    elif hasattr(type(one), "model_fields"):
        for name in set(type(one).model_fields) & {
            "name",
            "text",
            "box",
            "polygon",
            "labels",
            "objects",
            "faces",
            "lines",
            "a",
            "b",
        }:
            _check_alike(getattr(one, name), getattr(other, name))
    else:
        assert one == other


def _check_said(answer: Result, once: Result) -> None:
    """An answer that went through a dialect says the same, in as far as the dialect can say it: what it cannot is absent."""
    match answer, once:
        case (Moderation(), Moderation()):
            verdicts = {category.name: category.flagged for category in answer.categories}
            for name in verdicts.keys() & {category.name for category in once.categories}:
                assert verdicts[name] == any(category.flagged for category in once.categories if category.name == name)
        case (Comparison(), Comparison()):
            assert once.same == answer.same
            _check_alike(answer.a, once.a)
        case (Caption(), Caption()):
            assert (once.text, once.question) == (answer.text, answer.question)
            if once.regions:
                _check_alike(answer.regions, once.regions)
        case (Images(), Images()):
            assert [image.data for image in once.images] == [image.data for image in answer.images]
        case (Embedding(), Embedding()):
            assert once.text == answer.text
            assert all(abs(a - b) <= SCORE_TOLERANCE for a, b in zip(once.vector, answer.vector, strict=True))
        case _:
            # Not a text as a whole: what makes a block is each vendor's own matter.
            _check_alike(_scored(answer), _scored(once))
            for before, after in zip(_scored(answer), _scored(once), strict=True):
                if after.score is not None:
                    assert abs(after.score - before.score) <= SCORE_TOLERANCE
                for name in getattr(after, "landmarks", {}).keys() & getattr(before, "landmarks", {}).keys():
                    _check_alike(before.landmarks[name], after.landmarks[name])


def _scored(result: Result) -> tuple[Any, ...]:
    return result.lines if isinstance(result, Text) else tuple(_items(result))


def _noise(width: int, height: int) -> Pillow.Image:
    return Pillow.effect_noise((width, height), 90).convert("RGB")


@contextmanager
def _nothing_but_values() -> Iterator[None]:
    """Sockets, clocks, randomness and the environment raise while this lasts."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a codec is pure: no socket, clock, randomness or environment")

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (socket, "socket"), (socket, "create_connection"), (socket, "getaddrinfo"), (time, "time"), (time, "monotonic"),
            (random, "random"), (random, "uniform"), (os, "urandom"), (os, "getenv"),
        ):  # fmt: skip
            patch.setattr(owner, name, refuse)
        yield


__all__ = ["ProviderSuite", "VisionError", "timeless"]
