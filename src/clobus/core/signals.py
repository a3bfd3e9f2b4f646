"""Short news between processes: told after a commit, heard by whoever waits; polling covers what is lost.

NOTIFY inside a transaction takes a lock of the whole server that is held until the commit is on disk
(PostgreSQL, `PreCommit_Notify`): all commits would stand in one line. So it is sent afterwards, in a statement of its
own that writes nothing and is waited for by nobody, many at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar

import psycopg_pool
import structlog
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow

log = structlog.get_logger()

Open = Callable[[], AbstractAsyncContextManager[AsyncConnection[DictRow]]]
News = set[tuple[str, str]]

PAUSE = 0.005
"""Seconds between two tellings of one process."""

_collected: ContextVar[News | None] = ContextVar("clobus_signals", default=None)


@contextmanager
def collected() -> Iterator[News]:
    """What is told inside is kept until its transaction has ended."""
    news: News = set()
    token = _collected.set(news)
    try:
        yield news
    finally:
        _collected.reset(token)


async def tell(connection: AsyncConnection[DictRow], channel: str, payload: str) -> None:
    """Tell it when the transaction commits; outside of `Database` with the transaction itself."""
    news = _collected.get()
    if news is not None:
        news.add((channel, payload))
    else:
        await connection.execute("select pg_notify(%s, %s)", (channel, payload))


class Signals:
    """Sends a process's news and wakes those in it who wait for others'."""

    def __init__(self, read: Open, dedicated: Open) -> None:
        self._read = read
        self._dedicated = dedicated
        self._news: News = set()
        self._sending: asyncio.Task[None] | None = None
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}

    def send(self, news: News) -> None:
        """Send in the background, together with what else there is."""
        if not news:
            return
        self._news |= news
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._news:
            news, self._news = sorted(self._news), set()
            try:
                async with self._read() as connection:
                    await connection.execute(
                        "select pg_notify(c, p) from unnest(%s::text[], %s::text[]) as n (c, p)",
                        ([channel for channel, _ in news], [payload for _, payload in news]),
                    )
            except (OperationalError, psycopg_pool.PoolTimeout) as error:
                log.warning("signals.lost", count=len(news), error=type(error).__name__)
            await asyncio.sleep(PAUSE)

    @asynccontextmanager
    async def waiter(self, channel: str, payload: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever this is told by any process; the waiter clears it."""
        if channel not in self._listening:
            self._listening[channel] = asyncio.create_task(self._listen(channel))
        event = asyncio.Event()
        waiting = self._waiting.setdefault((channel, payload), set())
        waiting.add(event)
        try:
            yield event
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop((channel, payload), None)

    async def _listen(self, channel: str) -> None:
        while True:
            try:
                async with self._dedicated() as connection:
                    await connection.execute(f"listen {channel}")
                    async for note in connection.notifies():
                        for event in self._waiting.get((note.channel, note.payload), ()):
                            event.set()
            except OperationalError:
                await asyncio.sleep(1)

    async def close(self) -> None:
        """Send the rest, unless the database is away, and stop listening."""
        if self._sending is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sending, 1)
        for task in self._listening.values():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
