"""Flows beside each other: an effect that runs other flows in threads or tasks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from visionhub.errors import VisionError
from visionhub.flow import Flow, _begun, arun, run  # pyright: ignore[reportPrivateUsage]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parallel(Generic[T]):
    """Run flows beside each other; the outcome is what each returned or the `VisionError` it ended with, in order."""

    flows: Sequence[Flow[T]]

    def perform(self) -> list[T | VisionError]:
        """The outcomes, waited for."""
        running = [_begun(lambda flow=flow: _told(flow)) for flow in self.flows]  # type: ignore[misc]  # another one each time
        return [future.result() for future in running]

    async def aperform(self) -> list[T | VisionError]:
        """The outcomes, awaited."""
        import asyncio

        return await asyncio.gather(*map(_atold, self.flows))


def _told(flow: Flow[T]) -> T | VisionError:
    try:
        return run(flow)
    except VisionError as error:
        return error


async def _atold(flow: Flow[T]) -> T | VisionError:
    try:
        return await arun(flow)
    except VisionError as error:
        return error
