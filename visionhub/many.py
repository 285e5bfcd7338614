"""Many calls, several at a time, with bounded memory: for blocking and for async code."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import aclosing, closing
from contextvars import copy_context
from itertools import chain
from typing import TypeVar

from visionhub.tasks import Call
from visionhub.tasks.base import R

Item = TypeVar("Item")
T = TypeVar("T")


def in_threads(
    answer: Callable[[Item], T], items: Iterable[Item], at_once: Callable[[Item], int], *, ordered: bool
) -> Generator[T, None, None]:
    """`answer(item)` for each item, in order or as they come; how many at a time, is said by `at_once` of the first.

    `items` is read only as answers are taken: at most twice as many are under way or wait to be taken. Closing the iterator
    drops what has not begun.
    """
    under_way: deque[Future[T]] = deque()
    source = _Source(items)
    workers, source_items = _measured(source, at_once)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="visionhub-map")
    try:
        for item in source_items:
            # Whatever is current where the iterator is used, a span for instance, is so for the answers.
            under_way.append(pool.submit(copy_context().run, answer, item))
            while len(under_way) >= 2 * workers or _is_ready(under_way, ordered=ordered):
                yield _next(under_way, ordered=ordered).result()
        while under_way:
            yield _next(under_way, ordered=ordered).result()
        source.complain()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def grouped(items: Iterable[Call[R]], size: Callable[[Call[R]], int]) -> Iterator[list[Call[R]]]:
    """Neighbours of one task as groups of at most `size(call)`; read no further than the next group needs."""
    group: list[Call[R]] = []
    try:
        for item in items:
            if group and item.task != group[0].task:
                yield group
                group = []
            group.append(item)
            if len(group) >= size(item):
                yield group
                group = []
    except Exception:
        # What came before is still answered.
        if group:
            yield group
        raise
    if group:
        yield group


def flat(groups: Generator[Sequence[T], None, None]) -> Iterator[T]:
    """What is in the groups, one after another. Closing the iterator closes `groups`."""
    with closing(groups):
        for group in groups:
            yield from group


async def aflat(groups: AsyncGenerator[Sequence[T], None]) -> AsyncIterator[T]:
    """`flat` for asyncio."""
    async with aclosing(groups):
        async for group in groups:
            for item in group:
                yield item


async def in_tasks(
    answer: Callable[[Item], Awaitable[T]], items: Iterable[Item], at_once: Callable[[Item], int], *, ordered: bool
) -> AsyncGenerator[T, None]:
    """`in_threads` for asyncio: one task an item. Closing the iterator cancels what is under way."""
    under_way: deque[asyncio.Task[T]] = deque()
    source = _Source(items)
    workers, source_items = _measured(source, at_once)
    try:
        for item in source_items:
            under_way.append(asyncio.create_task(_awaited(answer, item)))
            if len(under_way) >= workers:
                yield await (await _anext(under_way, ordered=ordered))
        while under_way:
            yield await (await _anext(under_way, ordered=ordered))
        source.complain()
    finally:
        for task in under_way:
            task.cancel()


class _Source(Iterator[Item]):
    """Items that end where their iterator fails, so that what was asked before is still answered; `complain` raises then."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._error: Exception | None = None

    def __next__(self) -> Item:
        try:
            return next(self._items)
        except StopIteration:
            raise
        except Exception as error:
            self._error = error
            raise StopIteration from error

    def complain(self) -> None:
        """Raises what the iterator raised, if it did."""
        if self._error:
            raise self._error


def _measured(items: Iterator[Item], at_once: Callable[[Item], int]) -> tuple[int, Iterator[Item]]:
    """How many at a time, by the first item, and all of them, the first included."""
    for first in items:
        return at_once(first), chain([first], items)
    return 1, items


def _is_ready(under_way: deque[Future[T]], *, ordered: bool) -> bool:
    return any(future.done() for future in ([*under_way][:1] if ordered else under_way))


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
