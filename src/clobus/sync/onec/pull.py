"""The engine of the feeds: read what may have changed, write it, move the cursor, record the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from clobus.core import clock, runs
from clobus.core.db import Database
from clobus.core.errors import ClobusError
from clobus.core.runs import Run
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.wire import instant_to_local, local_to_instant
from clobus.sync.onec import catalogue, records, state
from clobus.sync.onec.feed import Context, Feed
from clobus.sync.onec.paging import LAP, Pace, pages, read_page

T = TypeVar("T")

AHEAD = timedelta(days=1)
"""How far into the future changes are looked for: 1C stamps some documents hours ahead (domain.md §2.10)."""
HISTORY_BATCH = 1_000
"""How many records of a first load are written at once."""
BORDER = 2 * LAP


@dataclass(frozen=True, slots=True)
class Reader:
    """What the engine reads with: the base, the database, and how much at once."""

    onec: OnecClient
    db: Database
    ctx: Context
    page_size: int = 1000
    overlap: float = 600.0
    flight: int = 1
    """How many pages of history are asked for at a time."""


async def run_feed(reader: Reader, feed: Feed, *, trigger: str = "schedule") -> Run:
    """Run one cycle of a feed; raises what stopped it, with everything before it kept and the cursor where it was."""
    name = state_name(feed)
    before = await state.read(reader.db, name)
    try:
        async with runs.record(reader.db, feed.process, trigger) as this:
            ctx = replace(reader.ctx, backfill=not before.loaded)
            if feed.gather is not None:
                await feed.gather(reader, ctx, this)
                cursor = None
            elif feed.versions is not None and before.loaded:
                await catalogue.changed(reader.onec, reader.db, feed, ctx, this, reader.page_size)
                cursor = None
            elif feed.cursor is None:
                await _whole(reader, feed, ctx, this)
                cursor = None
            else:
                cursor = await _increment(reader, feed, feed.cursor, before, ctx, this)
            await state.succeeded(reader.db, name, cursor)
    except Exception as error:  # whatever it was is noted and goes on upwards
        await state.failed(reader.db, name, str(error) if isinstance(error, ClobusError) else type(error).__name__)
        raise
    return this


def state_name(feed: Feed) -> str:
    """The row of sys.sync_state that a feed keeps its cursor in."""
    return feed.entity


async def _increment(
    reader: Reader, feed: Feed, field: str, before: state.State, ctx: Context, this: Run
) -> datetime | None:
    started = clock.now()
    overlap = timedelta(seconds=reader.overlap if feed.overlap is None else feed.overlap)
    if before.loaded and before.cursor is not None:
        start = instant_to_local(before.cursor - overlap, ctx.zone)
        end: str | None = instant_to_local(started + AHEAD, ctx.zone)
        this.cursor_from = before.cursor
    else:
        start, end = feed.initial, None
        this.expected = await reader.onec.count(feed.entity)
    pace = Pace(reader.page_size, reader.flight if ctx.backfill else 1)
    stream = _unlike(pages(reader.onec, feed.entity, field, start, end, pace=pace, orderby=feed.orderby))
    latest = before.cursor
    stamp = _stamp(field)

    async def write(batch: records.Batch) -> None:
        nonlocal latest
        await records.write(reader.db, feed, batch, ctx, this)
        seen = local_to_instant(stamp.decode(batch.last).value, ctx.zone) if batch.last is not None else None
        if seen is not None and (latest is None or seen > latest):
            # A stamp in the future must not carry the cursor over what is still to come.
            latest = min(seen, started)
        await this.progress()

    await _each(_ahead(_batches(_ahead(stream), feed, ctx)), write, at_once=2 if ctx.backfill else 1)
    this.cursor_to = latest
    return latest


async def _whole(reader: Reader, feed: Feed, ctx: Context, this: Run) -> None:
    """Read a small set whole; `$skip` is right here, since what moves meanwhile is read again next time."""
    pace, skip = Pace(reader.page_size), 0
    while True:
        page, asked = await read_page(
            reader.onec, feed.entity, pace, terms=None, orderby=feed.orderby, skip=skip
        )  # fmt: skip
        await records.apply_page(reader.db, feed, page, ctx, this)
        await this.progress()
        skip += len(page)
        if len(page) < asked:
            break


async def _batches(
    stream: AsyncIterator[list[msgspec.Raw]], feed: Feed, ctx: Context
) -> AsyncIterator[records.Batch]:  # fmt: skip
    """Examined pages; of history several at once, since each transaction has its price."""
    batch = records.Batch()
    async for page in stream:
        await records.examine(feed, page, ctx, batch)
        if not ctx.backfill or len(batch) >= HISTORY_BATCH:
            yield batch
            batch = records.Batch()
    if len(batch):
        yield batch


async def _unlike(stream: AsyncIterator[list[msgspec.Raw]]) -> AsyncIterator[list[msgspec.Raw]]:
    """Drop rows that stood at the end of the page before, as they are: two writers would wait for each other."""
    ended: set[bytes] = set()
    async for page in stream:
        fresh = [raw for raw in page[:BORDER] if bytes(raw) not in ended] + page[BORDER:]
        ended = {bytes(raw) for raw in page[-BORDER:]}
        if fresh:
            yield fresh


async def _each(
    batches: AsyncIterator[records.Batch], write: Callable[[records.Batch], Coroutine[Any, Any, None]], *, at_once: int
) -> None:  # fmt: skip
    """Write batches; of history two at once, so that the database works while we encode and commit."""
    writing: set[asyncio.Task[None]] = set()
    try:
        async for batch in batches:
            writing.add(asyncio.create_task(write(batch)))
            if len(writing) >= at_once:
                done, writing = await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        await asyncio.gather(*writing)
    finally:
        for task in writing:
            task.cancel()


async def _ahead(stream: AsyncIterator[T]) -> AsyncIterator[T]:
    """Prepare the next item while this one is worked on."""
    queue: asyncio.Queue[T | None] = asyncio.Queue(maxsize=1)

    async def read() -> None:
        try:
            async for item in stream:
                await queue.put(item)
        finally:
            if not reading.cancelling():  # nobody waits for the end of what was given up
                await queue.put(None)

    reading = asyncio.create_task(read())
    try:
        while (item := await queue.get()) is not None:
            yield item
        await reading
    finally:
        reading.cancel()


def _stamp(field: str) -> msgspec.json.Decoder[Any]:
    kind = msgspec.defstruct("Stamp", [("value", str, msgspec.field(name=field))])
    return msgspec.json.Decoder(kind)


async def retry_records(reader: Reader, feeds: Sequence[Feed]) -> Run:
    """Try the records again whose time has come."""
    async with runs.record(reader.db, "retry_records") as this:
        await records.retry_records(reader.db, feeds, reader.ctx, this)
    return this
