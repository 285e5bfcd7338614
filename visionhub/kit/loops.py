"""One async client for each event loop that uses it: a connection belongs to the loop that opened it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Clients made by `make`, each closed by the end of its loop (`asyncio.run` and its like), or by `close`."""

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._make = make
        self._open: dict[AbstractEventLoop, tuple[AsyncGenerator[T, None], T]] = {}

    async def get(self) -> T:
        """The running loop's client."""
        import asyncio

        loop = asyncio.get_running_loop()
        if loop not in self._open:
            self._open = {known: held for known, held in self._open.items() if not known.is_closed()}
            # A loop that is shut down closes its generators, and that is the only word one gets of its end.
            holder = _held(self._make())
            self._open[loop] = holder, await anext(holder)
        return self._open[loop][1]

    def close(self) -> None:
        """Closes all of them, each in its own loop."""
        import asyncio

        for loop, (holder, _) in self._open.items():
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(_ended(holder), loop)
        self._open = {}


async def _held(client: AbstractAsyncContextManager[T]) -> AsyncGenerator[T, None]:
    async with client as opened:
        yield opened


async def _ended(holder: AsyncGenerator[T, None]) -> None:
    await holder.aclose()
