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
from clobus.gateways.onec.wire import Version, decode_row, local_to_instant
from clobus.modules.consultations import service
from clobus.sync.onec import records
from clobus.sync.onec.feed import Feed
from clobus.sync.onec.paging import Pace, pages
from clobus.sync.onec.pull import Reader

SWEEP_PAGE = 10_000
END = "2100-01-01T00:00:00"
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
        reached = feed.initial
        asked = 0
        versions: list[Swept] = []
        decoder = msgspec.json.Decoder(Swept, strict=False)
        pace = Pace(SWEEP_PAGE, reader.flight)
        stream = pages(reader.onec, feed.entity, "ДатаСоздания", feed.initial, None, pace=pace, select=FIELDS)
        async for page in stream:
            versions = [decoder.decode(raw) for raw in page]
            this.read += len(versions)
            differing = await _differing(reader.db, versions)
            this.unchanged += len(versions) - len(differing)
            await _read_by_keys(reader, feed, differing, this, counted=False)
            if asked < SUSPECTS:
                absent = await _absent(reader, reached, versions[-1].created_at, versions, this)
                asked += len(absent)
                await _gone(reader, feed, absent, this)
            reached = versions[-1].created_at
            await this.progress()
        # What would stand behind the last page.
        await _gone(reader, feed, await _absent(reader, reached, END, versions, this), this)
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


async def _absent(reader: Reader, start: str, end: str, shown: Sequence[Version], this: Run) -> list[UUID]:
    """Our requests made in [start, end) of local time that this page does not show: suspects, no more.

    Page by page, so that the memory of a sweep does not grow with the base.
    """
    zone = reader.ctx.zone
    async with reader.db.read() as connection:
        found = await rows(
            connection,
            "select cl_ref_key from cons.cons where create_date >= %s and create_date < %s and cl_ref_key is not null"
            " and not deleted and cl_ref_key <> all(%s)"
            " and created_at < (select started_at from log.etl_runs where id = %s) limit %s",
            (local_to_instant(start, zone), local_to_instant(end, zone), [v.ref_key for v in shown], this.id, SUSPECTS),
        )
    return [row["cl_ref_key"] for row in found]


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
