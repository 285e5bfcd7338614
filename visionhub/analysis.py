"""Several questions about one picture: which there are, and what became of each."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

from visionhub import tasks
from visionhub.errors import InputError, VisionError
from visionhub.image import Image

if TYPE_CHECKING:
    from visionhub.tasks import Call, Caption, Detections, Faces, Labels, Moderation, Result, Text

ABOUT_ONE_PICTURE = ("classify", "detect", "ocr", "faces", "moderate", "caption")
OTHERS = {
    "embed": "Its answer is a vector for a search of your own: ask hub.embed(image) or hub.embed(text=...).",
    "compare": "It is about two pictures: ask hub.compare_faces(image, other).",
    "generate": "It is about no picture: ask hub.generate(prompt).",
}


class _Common(TypedDict, total=False):
    model: str | None
    extra: Mapping[str, Any]


class _Naming(_Common, total=False):
    labels: Sequence[str] | None
    min_score: float | None
    max_results: int | None


class _Reading(_Common, total=False):
    language: str | None
    min_score: float | None


class _Looking(_Common, total=False):
    attributes: Sequence[str]
    embedding: bool
    min_score: float | None
    max_results: int | None


class _Saying(_Common, total=False):
    question: str | None
    language: str | None


class Options(TypedDict, total=False):
    """By task word, the options of its call, `model` and `extra` among them."""

    classify: _Naming
    detect: _Naming
    ocr: _Reading
    faces: _Looking
    moderate: _Common
    caption: _Saying


class Analysis(Mapping[str, "Result | VisionError"]):
    """What became of each question about a picture, by task word, in the order asked.

    `answers["ocr"]` is the answer or the error; `answers.ocr` is the answer, and raises the error. Both raise `KeyError` for what
    was not asked. `source` is the picture as the caller named it.
    """

    def __init__(self, outcomes: Mapping[str, Result | VisionError], source: str | None = None) -> None:
        self._outcomes = dict(outcomes)
        self.source = source

    @classmethod
    def of(cls, calls: Sequence[Call[Any]], outcomes: Sequence[Result | VisionError]) -> Analysis:
        """The outcome of each call."""
        (source,) = {picture.name for call in calls for picture in call.pictures().values()}
        return cls({call.task: told for call, told in zip(calls, outcomes, strict=True)}, source)

    def __getitem__(self, task: str) -> Result | VisionError:
        return self._outcomes[task]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)

    def __repr__(self) -> str:
        return f"Analysis({self._outcomes!r}, source={self.source!r})"

    @property
    def classify(self) -> Labels:
        """See `Hub.classify`."""
        return cast("Labels", self._answer("classify"))

    @property
    def detect(self) -> Detections:
        """See `Hub.detect`."""
        return cast("Detections", self._answer("detect"))

    @property
    def ocr(self) -> Text:
        """See `Hub.ocr`."""
        return cast("Text", self._answer("ocr"))

    @property
    def faces(self) -> Faces:
        """See `Hub.faces`."""
        return cast("Faces", self._answer("faces"))

    @property
    def moderate(self) -> Moderation:
        """See `Hub.moderate`."""
        return cast("Moderation", self._answer("moderate"))

    @property
    def caption(self) -> Caption:
        """See `Hub.caption`."""
        return cast("Caption", self._answer("caption"))

    @property
    def errors(self) -> dict[str, VisionError]:
        """What failed, by task word."""
        return {task: told for task, told in self.items() if isinstance(told, VisionError)}

    @property
    def cost_usd(self) -> float | None:
        """Of all answers together: vendors bill each feature, also where several travel in one request. None if one is unknown."""
        costs = [told.usage.cost_usd for told in self.values() if not isinstance(told, VisionError)]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON: `{source, answers: {task: answer or {error}}}`."""
        return {"source": self.source, "answers": {task: told.to_dict() for task, told in self.items()}}

    def _answer(self, task: str) -> Result:
        told = self[task]
        if isinstance(told, VisionError):
            raise told
        return told


def questions(image: Image, wanted: Sequence[str], options: Options | None) -> list[Call[Any]]:
    """The calls, in order. Raises `InputError` for words that are no questions about one picture, and for wrong options."""
    words = [wanted] if isinstance(wanted, str) else list(wanted)
    given: Mapping[str, Mapping[str, Any]] = cast("Any", options) or {}
    for word in words:
        _check(word)
    if not words or len(set(words)) < len(words):
        raise InputError("Each question is asked once, and at least one.", hint=f"There are: {_listed()}.")
    if unasked := [word for word in given if word not in words]:
        raise InputError(f"There are options for {' and '.join(unasked)}, which is not asked.", hint="Ask it, too.")
    if any("image" in options for options in given.values()):
        raise InputError("All questions are about one image.", hint="Give it first, and no other among the options.")
    return [tasks.TASKS[word](**{"image": image, **given.get(word, {})}) for word in words]


def _check(word: str) -> None:
    if word in ABOUT_ONE_PICTURE:
        return
    if word in OTHERS:
        raise InputError(f"{word} cannot be asked together with others.", hint=OTHERS[word])
    near = difflib.get_close_matches(str(word), ABOUT_ONE_PICTURE, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {_listed()}."
    raise InputError(f"{word!r} is no task.", hint=hint)


def _listed() -> str:
    return ", ".join(ABOUT_ONE_PICTURE)
