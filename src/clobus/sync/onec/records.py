"""One batch of a feed: validated record by record, written at once, and what can't be written kept with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import DataError, IntegrityError

from clobus.core.db import Connection, Database, rows, run
from clobus.core.errors import BadAnswer
from clobus.core.runs import Run
from clobus.gateways.onec.wire import decode_row
from clobus.sync.onec.feed import Context, Feed, InvalidRecord

RETRIES = 8


async def apply_page(db: Database, feed: Feed, page: Sequence[msgspec.Raw], ctx: Context, this: Run) -> None:
    """Write a page; a bad record goes to the dead letters and never stops the others."""
    good: list[tuple[str, Any, msgspec.Raw]] = []
    bad: list[tuple[str, msgspec.Raw, Exception]] = []
    for raw in page:
        key = ""
        try:
            row = decode_row(raw, feed.row)
            key = feed.key(row)
            good.append((key, feed.convert(row, ctx), raw))
        except (InvalidRecord, BadAnswer, ValueError) as error:
            bad.append((key or _rough_key(raw), raw, error))
    this.read += len(page)
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
