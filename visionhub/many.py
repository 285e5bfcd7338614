"""Many calls, several at a time, with bounded memory: for blocking and for async code."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
T = TypeVar("T")


def in_threads(answer: Callable[[Item], T], items: Iterable[Item], workers: int, *, ordered: bool) -> Iterator[T]:
    """`answer(item)` for each item, `workers` at a time, in order or as they come.

    `items` is read only as answers are taken: at most `2 * workers` are under way or wait to be taken. Closing the iterator
    drops what has not begun.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="visionhub-map")
    under_way: deque[Future[T]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(answer, item))
            if len(under_way) >= 2 * workers:
                yield _next(under_way, ordered=ordered).result()
        while under_way:
            yield _next(under_way, ordered=ordered).result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def in_tasks(
    answer: Callable[[Item], Awaitable[T]], items: Iterable[Item], workers: int, *, ordered: bool
) -> AsyncIterator[T]:
    """`in_threads` for asyncio: one task an item. Closing the iterator cancels what is under way."""
    under_way: deque[asyncio.Task[T]] = deque()
    try:
        for item in items:
            under_way.append(asyncio.create_task(_awaited(answer, item)))
            if len(under_way) >= workers:
                yield await (await _anext(under_way, ordered=ordered))
        while under_way:
            yield await (await _anext(under_way, ordered=ordered))
    finally:
        for task in under_way:
            task.cancel()


async def _awaited(answer: Callable[[Item], Awaitable[T]], item: Item) -> T:
    return await answer(item)


def _next(under_way: deque[Future[T]], *, ordered: bool) -> Future[T]:
    if ordered:
        return under_way.popleft()
    done = next(iter(wait(under_way, return_when=FIRST_COMPLETED).done))
    under_way.remove(done)
    return done


async def _anext(under_way: deque[asyncio.Task[T]], *, ordered: bool) -> asyncio.Task[T]:
    if ordered:
        return under_way.popleft()
    done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    first = next(iter(done))
    under_way.remove(first)
    return first
