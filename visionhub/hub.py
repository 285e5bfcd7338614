"""`Hub` and `AsyncHub`: one typed method a task, and the order of the layers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from visionhub import registry
from visionhub.config import Settings, read
from visionhub.errors import ConfigError, VisionError
from visionhub.flow import Flow, arun, run
from visionhub.handler import Handler, Layer, stack
from visionhub.image import Image, ImageSource
from visionhub.layers.cache import Cache, DiskStore, MemoryStore
from visionhub.layers.deadline import Deadline
from visionhub.layers.fit import Fit
from visionhub.layers.open import Open
from visionhub.layers.privacy import Privacy
from visionhub.layers.retry import Retry
from visionhub.layers.trace import Trace
from visionhub.routers.fallback import Fallback
from visionhub.tasks import (
    Call,
    Caption,
    CaptionCall,
    ClassifyCall,
    CompareCall,
    Comparison,
    DetectCall,
    Detections,
    Faces,
    FacesCall,
    GenerateCall,
    Images,
    Labels,
    ModerateCall,
    Moderation,
    OcrCall,
    Text,
)  # fmt: skip
from visionhub.tasks.base import R

if TYPE_CHECKING:
    from types import TracebackType

Asked: TypeAlias = str | Handler | Sequence[str | Handler] | None
"""Who is to answer: a provider's name, any handler, or several of either, of whom the next is asked when one fails."""


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


class _Base:
    """What both hubs share: from a call to the flow that answers it."""

    def __init__(self, provider: Asked = None, *, settings: Settings | None = None) -> None:
        self.settings = settings or read()
        self._provider = provider
        self._cache = _cache(self.settings)
        self._routes: dict[tuple[str | Handler, ...], Handler] = {}
        self._handlers: dict[str, Handler] = {}

    def route(self, provider: Asked = None) -> Handler:
        """The handler that answers calls for `provider`, or for the hub's own where that is None. Raises `ConfigError`."""
        asked = provider or self._provider or self.settings.provider
        names = (asked,) if isinstance(asked, str) or not isinstance(asked, Sequence) else tuple(asked)
        if names not in self._routes:
            self._routes[names] = self._made(names)
        return self._routes[names]

    def handler(self, name: str) -> Handler:
        """One provider with this hub's settings, without layers."""
        if name not in self._handlers:
            self._handlers[name] = registry.get(name).with_options(self.settings.options(name))
        return self._handlers[name]

    def close(self) -> None:
        """Gives back connections and models. The hub can be used again."""
        for handler in self._handlers.values():
            handler.close()

    def _concurrency(self, provider: Asked) -> int:
        return 16 if self.route(provider).is_remote else os.cpu_count() or 1

    def _made(self, names: Sequence[str | Handler]) -> Handler:
        handlers = [self.handler(name) if isinstance(name, str) else name for name in names]
        allowed = [handler for handler in handlers if not (self.settings.offline and handler.is_remote)]
        if not allowed:
            raise ConfigError(
                f"visionhub is offline, and {' and '.join(handler.name for handler in handlers)} would need the network.",
                hint="Use the provider local, or turn `offline` off.",
            )
        # The cache stands inside the router: its key holds the provider and the model that answer.
        each: tuple[Layer, ...] = (*self._cache, Retry(self.settings.attempts), Privacy(), Fit())
        stacked = [stack(each, handler) for handler in allowed]
        return stacked[0] if len(stacked) == 1 else Fallback(stacked)

    def _flow(self, call: Call[R], provider: Asked, timeout: float | None) -> Flow[R]:
        seconds = timeout if timeout is not None else self.settings.timeout
        clock: tuple[Layer, ...] = () if seconds is None else (Deadline(seconds),)
        return stack((Trace(), *clock, Open(self.settings.limits)), self.route(provider))(call)


def _cache(settings: Settings) -> tuple[Cache, ...]:
    match settings.cache:
        case "memory":
            return (Cache(MemoryStore()),)
        case "disk":
            return (Cache(DiskStore(settings.home / "answers")),)
        case "off":
            return ()


class Hub(_Base):
    """Computer vision from blocking code.

        hub = Hub()
        hub.detect("street.jpg").objects

    Every method takes a picture as `Image` does, the options of its call class, and those of `Common`. Each returns a result
    or raises a `VisionError`. A hub may be used by many threads.
    """

    def run(self, call: Call[R], *, provider: Asked = None, timeout: float | None = None) -> R:
        """Answers any call."""
        return run(self._flow(call, provider, timeout))

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
        name the picture. `concurrency` is by default the number of cores for models on this machine, 16 for remote providers.
        """
        from visionhub.many import in_threads

        def answer(call: Call[R]) -> R | VisionError:
            return self._outcome(call, provider, timeout)

        return in_threads(answer, calls, concurrency or self._concurrency(provider), ordered=ordered)

    def _ask(self, call: Call[R], common: Common) -> R:
        return self.run(_completed(call, common), provider=common.get("provider"), timeout=common.get("timeout"))

    def _outcome(self, call: Call[R], provider: Asked, timeout: float | None) -> R | VisionError:
        try:
            return self.run(call, provider=provider, timeout=timeout)
        except VisionError as error:
            return error

    def __enter__(self) -> Hub:
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
        call = ClassifyCall(
            image=Image.of(image),
            labels=None if labels is None else tuple(labels),
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
        call = DetectCall(
            image=Image.of(image),
            labels=None if labels is None else tuple(labels),
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
        call = OcrCall(image=Image.of(image), language=language, min_score=min_score)
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
        call = FacesCall(
            image=Image.of(image),
            attributes=tuple(attributes),
            embedding=embedding,
            min_score=min_score,
            max_results=max_results,
        )
        return self._ask(call, common)

    def compare_faces(
        self, image: ImageSource, other: ImageSource, *, threshold: float | None = None, **common: Unpack[Common]
    ) -> Comparison:
        """Whether the largest face of each picture is the same person's. See `CompareCall`."""
        call = CompareCall(image=Image.of(image), other=Image.of(other), threshold=threshold)
        return self._ask(call, common)

    def moderate(self, image: ImageSource, **common: Unpack[Common]) -> Moderation:
        """Whether the picture is fit to be shown, and what was not looked for. See `ModerateCall`."""
        call = ModerateCall(image=Image.of(image))
        return self._ask(call, common)

    def caption(
        self, image: ImageSource, *, question: str | None = None, language: str | None = None, **common: Unpack[Common]
    ) -> Caption:
        """The picture in words, or the answer to a question about it. See `CaptionCall`."""
        call = CaptionCall(image=Image.of(image), question=question, language=language)
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
        call = GenerateCall(prompt=prompt, negative_prompt=negative_prompt, size=size, count=count, seed=seed)
        return self._ask(call, common)


class AsyncHub(_Base):
    """`Hub` for asyncio: the same methods, awaited. A hub may be used by many tasks of one loop."""

    async def run(self, call: Call[R], *, provider: Asked = None, timeout: float | None = None) -> R:
        """Answers any call."""
        return await arun(self._flow(call, provider, timeout))

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
        from visionhub.many import in_tasks

        def answer(call: Call[R]) -> Awaitable[R | VisionError]:
            return self._outcome(call, provider, timeout)

        return in_tasks(answer, calls, concurrency or self._concurrency(provider), ordered=ordered)

    async def _ask(self, call: Call[R], common: Common) -> R:
        return await self.run(_completed(call, common), provider=common.get("provider"), timeout=common.get("timeout"))

    async def _outcome(self, call: Call[R], provider: Asked, timeout: float | None) -> R | VisionError:
        try:
            return await self.run(call, provider=provider, timeout=timeout)
        except VisionError as error:
            return error

    async def __aenter__(self) -> AsyncHub:
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
        call = ClassifyCall(
            image=Image.of(image),
            labels=None if labels is None else tuple(labels),
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
        call = DetectCall(
            image=Image.of(image),
            labels=None if labels is None else tuple(labels),
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
        call = OcrCall(image=Image.of(image), language=language, min_score=min_score)
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
        call = FacesCall(
            image=Image.of(image),
            attributes=tuple(attributes),
            embedding=embedding,
            min_score=min_score,
            max_results=max_results,
        )
        return await self._ask(call, common)

    async def compare_faces(
        self, image: ImageSource, other: ImageSource, *, threshold: float | None = None, **common: Unpack[Common]
    ) -> Comparison:
        """Whether the largest face of each picture is the same person's. See `CompareCall`."""
        call = CompareCall(image=Image.of(image), other=Image.of(other), threshold=threshold)
        return await self._ask(call, common)

    async def moderate(self, image: ImageSource, **common: Unpack[Common]) -> Moderation:
        """Whether the picture is fit to be shown, and what was not looked for. See `ModerateCall`."""
        call = ModerateCall(image=Image.of(image))
        return await self._ask(call, common)

    async def caption(
        self, image: ImageSource, *, question: str | None = None, language: str | None = None, **common: Unpack[Common]
    ) -> Caption:
        """The picture in words, or the answer to a question about it. See `CaptionCall`."""
        call = CaptionCall(image=Image.of(image), question=question, language=language)
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
        call = GenerateCall(prompt=prompt, negative_prompt=negative_prompt, size=size, count=count, seed=seed)
        return await self._ask(call, common)


def _completed(call: Call[R], common: Common) -> Call[R]:
    named = {name: value for name in ("model", "extra") if (value := common.get(name)) is not None}
    return call.model_copy(update=named) if named else call
