"""One batch of a feed: validated record by record, written at once, and what can't be written kept with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg import DataError, IntegrityError

from clobus.core.db import Connection, Database, rows, run
from clobus.core.errors import BadAnswer
from clobus.core.runs import Run
from clobus.gateways.onec.wire import decode_row
from clobus.sync.onec.feed import Context, Feed, InvalidRecord

RETRIES = 8
TURN = 40
"""After so many records of one page other tasks get their turn."""


@dataclass(slots=True)
class Batch:
    """Records that were read and judged: what to write, and what can't be and why."""

    good: list[tuple[str, Any, msgspec.Raw]] = field(default_factory=list)
    bad: list[tuple[str, msgspec.Raw, Exception]] = field(default_factory=list)
    skipped: int = 0
    last: msgspec.Raw | None = None

    def __len__(self) -> int:
        return len(self.good) + len(self.bad) + self.skipped


async def examine(feed: Feed, page: Sequence[msgspec.Raw], ctx: Context, batch: Batch) -> None:
    """Decode and validate a page into a batch; nothing is written yet, and others get their turn now and then."""
    for at, raw in enumerate(page, 1):
        key = ""
        try:
            row = decode_row(raw, feed.row)
            key = feed.key(row)
            value = feed.convert(row, ctx)
            if value is None:  # not for us: a folder, a language that nobody speaks here
                batch.skipped += 1
            else:
                batch.good.append((key, value, raw))
        except (InvalidRecord, BadAnswer, ValueError) as error:
            batch.bad.append((key or _rough_key(raw), raw, error))
        if at % TURN == 0:
            await asyncio.sleep(0)
    batch.last = page[-1] if page else batch.last


async def apply_page(db: Database, feed: Feed, page: Sequence[msgspec.Raw], ctx: Context, this: Run) -> None:
    """Examine and write a page; a bad record goes to the dead letters and never stops the others."""
    batch = Batch()
    await examine(feed, page, ctx, batch)
    await write(db, feed, batch, ctx, this)


async def write(db: Database, feed: Feed, batch: Batch, ctx: Context, this: Run) -> None:
    """Write a batch in one transaction; when the database refuses it, record by record."""
    good, bad = batch.good, batch.bad
    this.read += len(batch)
    this.unchanged += batch.skipped
    try:
        async with db.transaction() as connection:
            await _write(connection, feed, [value for _, value, _ in good], ctx, this)
            await _forget(connection, feed, [key for key, _, _ in good])
            await _keep(connection, feed, bad, "dead")
    except (DataError, IntegrityError):
        await _one_by_one(db, feed, good, ctx, this)
        async with db.transaction() as connection:
            await _keep(connection, feed, bad, "dead")
    this.failed += len(bad)


async def _write(connection: Connection, feed: Feed, values: list[Any], ctx: Context, this: Run) -> None:
    if not values:
        return
    counts = await feed.apply(connection, values, ctx)
    this.created += counts.created
    this.updated += counts.updated
    this.unchanged += counts.unchanged


async def _one_by_one(
    db: Database, feed: Feed, good: Sequence[tuple[str, Any, msgspec.Raw]], ctx: Context, this: Run
) -> None:
    """The database refused the batch: find the record that it refuses."""
    for key, value, raw in good:
        try:
            async with db.transaction() as connection:
                await _write(connection, feed, [value], ctx, this)
                await _forget(connection, feed, [key])
        except (DataError, IntegrityError) as error:
            this.failed += 1
            async with db.transaction() as connection:
                await _keep(connection, feed, [(key, raw, error)], "retry")


async def _keep(
    connection: Connection, feed: Feed, bad: Sequence[tuple[str, msgspec.Raw, Exception]], state: str
) -> None:
    for key, raw, error in bad:
        await run(
            connection,
            "insert into sys.bad_records as b (process, record_key, payload, error_class, error, state, next_at)"
            " values (%s, %s, %s::jsonb, %s, %s, %s, now() + interval '30 seconds')"
            " on conflict (process, record_key) do update"
            " set payload = excluded.payload, error_class = excluded.error_class, error = excluded.error,"
            " attempts = b.attempts + 1, last_at = now(), next_at = now() + least(interval '1 hour',"
            " interval '30 seconds' * power(2, least(b.attempts, 10))), state = case when b.attempts >= %s"
            " then 'dead' else excluded.state end",
            (_process(feed), key, _storable(raw), type(error).__name__, _reason(error), state, RETRIES),
        )


async def _forget(connection: Connection, feed: Feed, keys: Sequence[str]) -> None:
    """A record that is fine now is no dead letter any more."""
    found = await rows(connection, "select 1 from sys.bad_records where process = %s limit 1", (_process(feed),))
    if found and keys:
        await run(
            connection,
            "delete from sys.bad_records where process = %s and record_key = any(%s)",
            (_process(feed), list(keys)),
        )


def _process(feed: Feed) -> str:
    return f"{feed.process}/{feed.entity}"


def _reason(error: Exception) -> str:
    if isinstance(error, DataError | IntegrityError):
        return f"the database refused it: {error.diag.constraint_name or error.diag.message_primary or error.sqlstate}"
    return str(error)[:500]


def _rough_key(raw: msgspec.Raw) -> str:
    """The key of a record that could not be read: its Ref_Key, or a digest of all of it."""
    try:
        members = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError:
        members = {}
    return str(members.get("Ref_Key") or f"digest-{hash(bytes(raw)) & 0xFFFFFFFFFFFF:x}")


def _storable(raw: msgspec.Raw) -> str:
    return bytes(raw).decode("utf-8", "replace").replace("\\u0000", "")


async def retry_records(db: Database, feeds: Sequence[Feed], ctx: Context, this: Run) -> None:
    """Try again what is due, from the record as it was read; what 1C shows by now comes by the feed itself."""
    by_name = {_process(feed): feed for feed in feeds}
    async with db.read() as connection:
        due = await rows(
            connection,
            "select process, payload::text as payload from sys.bad_records where state = 'retry' and next_at <= now()"
            " order by next_at limit 200",
        )
    for row in due:
        feed = by_name.get(row["process"])
        if feed is not None:
            await apply_page(db, feed, [msgspec.Raw(row["payload"].encode())], ctx, this)
