"""`Hub` and `AsyncHub`: one typed method a task.

Making a hub loads next to nothing: what it takes to answer is loaded at the first call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from visionhub import tasks
from visionhub.config.file import is_anything_set
from visionhub.image import Image, ImageSource

if TYPE_CHECKING:
    from types import TracebackType

    from visionhub.config import Settings
    from visionhub.errors import VisionError
    from visionhub.handler import Handler
    from visionhub.pipeline import Asked, Pipeline
    from visionhub.tasks import Call, Caption, Comparison, Detections, Faces, Images, Labels, Moderation, Text
    from visionhub.tasks.base import R


class Common(TypedDict, total=False):
    """What every method takes besides its own options.

    model      another one of the provider's models than its usual one
    extra      options that only this provider knows, in its own words
    provider   another one than the hub's
    timeout    seconds for the whole call
    """

    model: str | None
    extra: Mapping[str, Any] | None
    provider: Asked
    timeout: float | None


class _Asker:
    """What both hubs are: who is asked, with which settings, and the pipeline made of them at the first call."""

    def __init__(self, provider: Asked = None, *, settings: Settings | None = None) -> None:
        """`provider` answers calls that name none; left out, the settings say who. `settings` are read if they are not given."""
        self._provider = provider
        self._making = Lock()
        # What somebody has set may be wrong, and is read at once. The defaults are right, and to read them can wait.
        self._settings = settings or (_read() if is_anything_set() else None)

    @cached_property
    def _pipeline(self) -> Pipeline:
        from visionhub.pipeline import Pipeline

        with self._making:
            if "_pipeline" not in self.__dict__:
                self.__dict__["_pipeline"] = Pipeline(self._provider, self._settings or _read())
            made: Pipeline = self.__dict__["_pipeline"]
            return made

    def route(self, provider: Asked = None, task: str = "") -> Handler:
        """What answers calls of a task for `provider`: its capabilities, its name. Raises `ConfigError`."""
        return self._pipeline.route(provider, task)

    def status(self) -> dict[str, Any]:
        """What this hub's providers, routes and budget have seen, as plain data.

        Outcomes, seconds and USD by task, the state of the breakers, rates, retries left, what is booked.
        """
        return self._pipeline.status()

    def estimate(self, call: Call[R], provider: Asked = None) -> float | None:
        """What the call would cost in USD, with the one who would be asked first, at the price of the first tier; nothing is sent.

        None if that is unknown, or depends on the answer. Raises `UnsupportedError` if nobody offers the task.
        """
        return self._pipeline.estimate(call, provider)

    def close(self) -> None:
        """Gives back connections and models. The hub can be used again."""
        if "_pipeline" in self.__dict__:
            self._pipeline.close()


class Hub(_Asker):
    """Computer vision from blocking code.

        hub = Hub()
        hub.detect("street.jpg").objects

    Every method takes a picture as `Image` does, the options of its call class, and those of `Common`. Each returns a result
    or raises a `VisionError`. A hub may be used by many threads.
    """

    def run(self, call: Call[R], *, provider: Asked = None, timeout: float | None = None) -> R:
        """Answers any call."""
        return self._pipeline.run(call, provider, timeout)

    def map(
        self,
        calls: Iterable[Call[R]],
        *,
        provider: Asked = None,
        timeout: float | None = None,
        ordered: bool = True,
        concurrency: int | None = None,
    ) -> Iterator[R | VisionError]:
        """Answers many calls, several at a time, and yields each answer or error, in order or (`ordered=False`) as they come.

        `calls` is read as answers are taken, so a generator over millions of files is fine. `result.source` and `error.source`
        name the picture. `concurrency` is by default the number of cores for models on this machine, 16 for remote providers,
        of which those that take several pictures in one request are given them so (`Capability.batch`).
        """
        from visionhub.many import flat, grouped, in_threads

        pipeline = self._pipeline
        groups = grouped(calls, lambda call: pipeline.batch(call, provider))

        def answer(group: Sequence[Call[R]]) -> Sequence[R | VisionError]:
            return pipeline.outcomes(group, provider, timeout)

        return flat(in_threads(answer, groups, concurrency or pipeline.concurrency(provider), ordered=ordered))

    def _ask(self, call: Call[R], common: Common) -> R:
        return self._pipeline.run(_completed(call, common), common.get("provider"), common.get("timeout"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def classify(
        self,
        image: ImageSource,
        *,
        labels: Sequence[str] | None = None,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Labels:
        """What is in the picture, as a whole. See `ClassifyCall`."""
        call = tasks.ClassifyCall(
            image=Image.of(image),
            labels=_words(labels),
            min_score=min_score,
            max_results=max_results,
        )
        return self._ask(call, common)

    def detect(
        self,
        image: ImageSource,
        *,
        labels: Sequence[str] | None = None,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Detections:
        """Which things are in the picture, and where. See `DetectCall`."""
        call = tasks.DetectCall(
            image=Image.of(image),
            labels=_words(labels),
            min_score=min_score,
            max_results=max_results,
        )
        return self._ask(call, common)

    def ocr(
        self,
        image: ImageSource,
        *,
        language: str | None = None,
        min_score: float | None = None,
        **common: Unpack[Common],
    ) -> Text:
        """What is written in the picture. See `OcrCall`."""
        call = tasks.OcrCall(image=Image.of(image), language=language, min_score=min_score)
        return self._ask(call, common)

    def faces(
        self,
        image: ImageSource,
        *,
        attributes: Sequence[str] = (),
        embedding: bool = False,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Faces:
        """Where faces are, how they are turned, and, if named, what is inferred about them. See `FacesCall`."""
        call = tasks.FacesCall(
            image=Image.of(image),
            attributes=_words(attributes) or (),
            embedding=embedding,
            min_score=min_score,
            max_results=max_results,
        )
        return self._ask(call, common)

    def compare_faces(
        self, image: ImageSource, other: ImageSource, *, threshold: float | None = None, **common: Unpack[Common]
    ) -> Comparison:
        """Whether the largest face of each picture is the same person's. See `CompareCall`."""
        call = tasks.CompareCall(image=Image.of(image), other=Image.of(other), threshold=threshold)
        return self._ask(call, common)

    def moderate(self, image: ImageSource, **common: Unpack[Common]) -> Moderation:
        """Whether the picture is fit to be shown, and what was not looked for. See `ModerateCall`."""
        call = tasks.ModerateCall(image=Image.of(image))
        return self._ask(call, common)

    def caption(
        self, image: ImageSource, *, question: str | None = None, language: str | None = None, **common: Unpack[Common]
    ) -> Caption:
        """The picture in words, or the answer to a question about it. See `CaptionCall`."""
        call = tasks.CaptionCall(image=Image.of(image), question=question, language=language)
        return self._ask(call, common)

    def generate(
        self,
        prompt: str,
        *,
        negative_prompt: str | None = None,
        size: tuple[int, int] | None = None,
        count: int = 1,
        seed: int | None = None,
        **common: Unpack[Common],
    ) -> Images:
        """A picture made from words. See `GenerateCall`."""
        call = tasks.GenerateCall(prompt=prompt, negative_prompt=negative_prompt, size=size, count=count, seed=seed)
        return self._ask(call, common)


class AsyncHub(_Asker):
    """`Hub` for asyncio: the same methods, awaited. A hub may be used by many tasks of one loop."""

    async def run(self, call: Call[R], *, provider: Asked = None, timeout: float | None = None) -> R:
        """Answers any call."""
        return await self._pipeline.arun(call, provider, timeout)

    def map(
        self,
        calls: Iterable[Call[R]],
        *,
        provider: Asked = None,
        timeout: float | None = None,
        ordered: bool = True,
        concurrency: int | None = None,
    ) -> AsyncIterator[R | VisionError]:
        """See `Hub.map`."""
        from visionhub.many import aflat, grouped, in_tasks

        pipeline = self._pipeline
        groups = grouped(calls, lambda call: pipeline.batch(call, provider))

        def answer(group: Sequence[Call[R]]) -> Awaitable[Sequence[R | VisionError]]:
            return pipeline.aoutcomes(group, provider, timeout)

        return aflat(in_tasks(answer, groups, concurrency or pipeline.concurrency(provider), ordered=ordered))

    async def _ask(self, call: Call[R], common: Common) -> R:
        return await self._pipeline.arun(_completed(call, common), common.get("provider"), common.get("timeout"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def classify(
        self,
        image: ImageSource,
        *,
        labels: Sequence[str] | None = None,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Labels:
        """What is in the picture, as a whole. See `ClassifyCall`."""
        call = tasks.ClassifyCall(
            image=Image.of(image),
            labels=_words(labels),
            min_score=min_score,
            max_results=max_results,
        )
        return await self._ask(call, common)

    async def detect(
        self,
        image: ImageSource,
        *,
        labels: Sequence[str] | None = None,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Detections:
        """Which things are in the picture, and where. See `DetectCall`."""
        call = tasks.DetectCall(
            image=Image.of(image),
            labels=_words(labels),
            min_score=min_score,
            max_results=max_results,
        )
        return await self._ask(call, common)

    async def ocr(
        self,
        image: ImageSource,
        *,
        language: str | None = None,
        min_score: float | None = None,
        **common: Unpack[Common],
    ) -> Text:
        """What is written in the picture. See `OcrCall`."""
        call = tasks.OcrCall(image=Image.of(image), language=language, min_score=min_score)
        return await self._ask(call, common)

    async def faces(
        self,
        image: ImageSource,
        *,
        attributes: Sequence[str] = (),
        embedding: bool = False,
        min_score: float | None = None,
        max_results: int | None = None,
        **common: Unpack[Common],
    ) -> Faces:
        """Where faces are, how they are turned, and, if named, what is inferred about them. See `FacesCall`."""
        call = tasks.FacesCall(
            image=Image.of(image),
            attributes=_words(attributes) or (),
            embedding=embedding,
            min_score=min_score,
            max_results=max_results,
        )
        return await self._ask(call, common)

    async def compare_faces(
        self, image: ImageSource, other: ImageSource, *, threshold: float | None = None, **common: Unpack[Common]
    ) -> Comparison:
        """Whether the largest face of each picture is the same person's. See `CompareCall`."""
        call = tasks.CompareCall(image=Image.of(image), other=Image.of(other), threshold=threshold)
        return await self._ask(call, common)

    async def moderate(self, image: ImageSource, **common: Unpack[Common]) -> Moderation:
        """Whether the picture is fit to be shown, and what was not looked for. See `ModerateCall`."""
        call = tasks.ModerateCall(image=Image.of(image))
        return await self._ask(call, common)

    async def caption(
        self, image: ImageSource, *, question: str | None = None, language: str | None = None, **common: Unpack[Common]
    ) -> Caption:
        """The picture in words, or the answer to a question about it. See `CaptionCall`."""
        call = tasks.CaptionCall(image=Image.of(image), question=question, language=language)
        return await self._ask(call, common)

    async def generate(
        self,
        prompt: str,
        *,
        negative_prompt: str | None = None,
        size: tuple[int, int] | None = None,
        count: int = 1,
        seed: int | None = None,
        **common: Unpack[Common],
    ) -> Images:
        """A picture made from words. See `GenerateCall`."""
        call = tasks.GenerateCall(prompt=prompt, negative_prompt=negative_prompt, size=size, count=count, seed=seed)
        return await self._ask(call, common)


def _read() -> Settings:
    from visionhub.config import read

    return read()


def _completed(call: Call[R], common: Common) -> Call[R]:
    if not common:
        return call
    if unknown := common.keys() - Common.__annotations__.keys():
        raise TypeError(f"{call.task} takes no {' and '.join(map(repr, sorted(unknown)))}")
    named = {name: value for name in ("model", "extra") if (value := common.get(name)) is not None}
    return type(call)(**call.__dict__ | named) if named else call


def _words(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names as a tuple; one string is one name."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)
