"""`Hub` and `AsyncHub`: one typed method a task.

Making a hub loads next to nothing: what it takes to answer is loaded at the first call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self, Unpack

from visionhub import tasks
from visionhub.asked import Asker, Common, completed, words
from visionhub.image import Image, ImageSource

if TYPE_CHECKING:
    from types import TracebackType

    from visionhub.analysis import Analysis, Options
    from visionhub.errors import VisionError
    from visionhub.pipeline import Asked
    from visionhub.tasks import (
        Call,
        Caption,
        Comparison,
        Detections,
        Embedding,
        Faces,
        Images,
        Labels,
        Moderation,
        Text,
    )
    from visionhub.tasks.base import R


class Hub(Asker):
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
        name the picture. `concurrency` is by default 16 for remote providers, of which those that take several pictures in one request are given
        them so (`Capability.batch`); for models on this machine the number of cores, or what fills their batches, as the first call says.
        """
        from visionhub.many import flat, grouped, in_threads

        pipeline = self._pipeline
        groups = grouped(calls, lambda call: pipeline.batch(call, provider))

        def answer(group: Sequence[Call[R]]) -> Sequence[R | VisionError]:
            return pipeline.outcomes(group, provider, timeout)

        return flat(
            in_threads(
                answer, groups, lambda group: concurrency or pipeline.concurrency(provider, group[0]), ordered=ordered
            )
        )

    def analyze(
        self,
        image: ImageSource,
        tasks: Sequence[str],
        *,
        options: Options | None = None,
        provider: Asked = None,
        timeout: float | None = None,
    ) -> Analysis:
        """Several questions about one picture, by their task words, in as few requests as whoever answers them takes.

        `options` are those of each task's call: `{"detect": {"max_results": 5}}`. One that fails loses no other: see `Analysis`.
        Raises `InputError` for questions that cannot be asked; then nothing is sent.
        """
        from visionhub.analysis import Analysis, questions

        calls = questions(Image.of(image), tasks, options)
        return Analysis.of(calls, self._pipeline.outcomes(calls, provider, timeout, len(calls)))

    def _ask(self, call: Call[R], common: Common) -> R:
        return self._pipeline.run(completed(call, common), common.get("provider"), common.get("timeout"))

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
            labels=words(labels),
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
            labels=words(labels),
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
            attributes=words(attributes) or (),
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

    def embed(
        self, image: ImageSource | None = None, *, text: str | None = None, **common: Unpack[Common]
    ) -> Embedding:
        """The picture, or the text, as a vector. See `EmbedCall`."""
        call = tasks.EmbedCall(image=None if image is None else Image.of(image), text=text)
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


class AsyncHub(Asker):
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

        return aflat(
            in_tasks(
                answer, groups, lambda group: concurrency or pipeline.concurrency(provider, group[0]), ordered=ordered
            )
        )

    async def analyze(
        self,
        image: ImageSource,
        tasks: Sequence[str],
        *,
        options: Options | None = None,
        provider: Asked = None,
        timeout: float | None = None,
    ) -> Analysis:
        """See `Hub.analyze`."""
        from visionhub.analysis import Analysis, questions

        calls = questions(Image.of(image), tasks, options)
        return Analysis.of(calls, await self._pipeline.aoutcomes(calls, provider, timeout, len(calls)))

    async def _ask(self, call: Call[R], common: Common) -> R:
        return await self._pipeline.arun(completed(call, common), common.get("provider"), common.get("timeout"))

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
            labels=words(labels),
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
            labels=words(labels),
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
            attributes=words(attributes) or (),
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

    async def embed(
        self, image: ImageSource | None = None, *, text: str | None = None, **common: Unpack[Common]
    ) -> Embedding:
        """The picture, or the text, as a vector. See `EmbedCall`."""
        call = tasks.EmbedCall(image=None if image is None else Image.of(image), text=text)
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
