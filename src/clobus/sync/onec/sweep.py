"""The nets behind the increment: open requests by key, and the versions of all documents compared with ours."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from clobus.core import runs
from clobus.core.db import Database, rows
from clobus.core.errors import Missing
from clobus.core.runs import Run
from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import Version, decode_row
from clobus.modules.consultations import service
from clobus.sync.onec import records
from clobus.sync.onec.feed import Feed
from clobus.sync.onec.paging import Pace, pages
from clobus.sync.onec.pull import Reader

SWEEP_PAGE = 10_000
SUSPECTS = 100
"""How many absent documents are asked for one by one in a run: absence alone proves nothing."""


class Swept(Version, kw_only=True, gc=False):
    """A version with the date that the sweep goes along."""

    created_at: str = msgspec.field(name="ДатаСоздания", default="")


FIELDS = ("Ref_Key", "DataVersion", "DeletionMark", "ДатаСоздания")


async def open_update(reader: Reader, feed: Feed) -> Run:
    """Read all our open requests by key: their change date may not have moved."""
    async with runs.record(reader.db, "open_update") as this:
        async with reader.db.read() as connection:
            found = await rows(
                connection,
                "select cl_ref_key from cons.cons where cl_ref_key is not null"
                " and status in ('new', 'open', 'pending', 'other')",
            )
        await _read_by_keys(reader, feed, [row["cl_ref_key"] for row in found], this)
    return this


async def sweep(reader: Reader, feed: Feed) -> Run:
    """Compare the version of every document with ours and read what differs: late, back-dated, deleted, lost."""
    async with runs.record(reader.db, "sweep") as this:
        seen: set[UUID] = set()
        decoder = msgspec.json.Decoder(Swept, strict=False)
        stream = pages(
            reader.onec, feed.entity, "ДатаСоздания", feed.initial, None, pace=Pace(SWEEP_PAGE), select=FIELDS
        )  # fmt: skip
        async for page in stream:
            versions = [decoder.decode(raw) for raw in page]
            seen.update(v.ref_key for v in versions)
            this.read += len(versions)
            differing = await _differing(reader.db, versions)
            this.unchanged += len(versions) - len(differing)
            await _read_by_keys(reader, feed, differing, this, counted=False)
            await this.progress()
        await _ask_for_absent(reader, feed, seen, this)
    return this


async def _differing(db: Database, versions: Sequence[Version]) -> list[UUID]:
    async with db.read() as connection:
        found = await rows(
            connection,
            "select v.key from unnest(%s::uuid[], %s::text[]) as v (key, version)"
            " left join cons.cons c on c.cl_ref_key = v.key where c.data_version is distinct from v.version",
            ([v.ref_key for v in versions], [v.data_version for v in versions]),
        )
    return [row["key"] for row in found]


async def _read_by_keys(reader: Reader, feed: Feed, keys: Sequence[UUID], this: Run, *, counted: bool = True) -> None:
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        found = await reader.onec.by_keys(feed.entity, chunk, msgspec.Raw)  # type: ignore[type-var]  # kept undecoded
        before = this.read
        await records.apply_page(reader.db, feed, found, reader.ctx, this)
        if not counted:
            this.read = before
        got = {decode_row(raw, Version).ref_key for raw in found}
        await _gone(reader, feed, [key for key in chunk if key not in got], this)


async def _ask_for_absent(reader: Reader, feed: Feed, seen: set[UUID], this: Run) -> None:
    async with reader.db.read() as connection:
        found = await rows(
            connection,
            "select cl_ref_key from cons.cons where cl_ref_key is not null and not deleted"
            " and created_at < (select started_at from log.etl_runs where id = %s)",
            (this.id,),
        )
    absent = [row["cl_ref_key"] for row in found if row["cl_ref_key"] not in seen]
    await _gone(reader, feed, absent[:SUSPECTS], this)


async def _gone(reader: Reader, feed: Feed, keys: Sequence[UUID], this: Run) -> None:
    """Only 1C's explicit "no such document" means that it is gone."""
    missing = []
    for key in keys:
        try:
            document = await reader.onec.get(feed.entity, key, Consultation)
        except Missing:
            missing.append(key)
        else:
            raw = msgspec.Raw(msgspec.json.encode(document))
            await records.apply_page(reader.db, feed, [raw], reader.ctx, this)
    if missing:
        async with reader.db.transaction() as connection:
            this.updated += await service.mark_gone(connection, missing)
