"""What comes while others are being served is served together with what comes next: no one waits for company."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Hands items to `serve` in their order, at most `limit` at once.

    `serve` gets a function to call when nothing but waiting is left: the next batch begins then, at most `lanes` at the
    same time, and not before, so that batches are as large as they can be.
    """

    def __init__(
        self, serve: Callable[[Sequence[T], Callable[[], None]], Awaitable[Sequence[R]]], *, lanes: int = 3,
        limit: int = 32,
    ) -> None:  # fmt: skip
        self._serve = serve
        self._lanes = asyncio.Semaphore(lanes)
        self._limit = limit
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._serving: set[asyncio.Task[None]] = set()
        self._working: asyncio.Task[None] | None = None

    async def add(self, item: T) -> R:
        """The result for this item; what `serve` raises is raised to all of its batch."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._queue:
            await self._lanes.acquire()
            taken = [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]
            waiting = asyncio.Event()
            task = asyncio.create_task(self._batch(taken, waiting))
            self._serving.add(task)  # a task needs somebody who knows it until it has ended
            task.add_done_callback(self._serving.discard)
            await waiting.wait()

    async def _batch(self, taken: Sequence[tuple[T, asyncio.Future[R]]], waiting: asyncio.Event) -> None:
        try:
            results = await self._serve([item for item, _ in taken], waiting.set)
        except Exception as error:  # told to those who wait, whatever it is
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), result in zip(taken, results, strict=True):
                if not future.done():
                    future.set_result(result)
        finally:
            waiting.set()
            self._lanes.release()
