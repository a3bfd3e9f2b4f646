"""Catalogues have no change date: their versions are compared with ours, and only what differs is read whole."""

from __future__ import annotations

from uuid import UUID

import msgspec

from clobus.core.db import Database, rows
from clobus.core.runs import Run
from clobus.gateways.onec.client import VERSION_FIELDS, OnecClient
from clobus.gateways.onec.wire import Version
from clobus.sync.onec import records
from clobus.sync.onec.feed import Context, Feed
from clobus.sync.onec.paging import Pace, read_page


async def changed(onec: OnecClient, db: Database, feed: Feed, ctx: Context, this: Run, page_size: int) -> None:
    """Read whole and apply the elements of a catalogue whose version is not the one we hold."""
    ours = await _ours(db, feed)
    pace, skip = Pace(page_size * 5), 0
    decoder = msgspec.json.Decoder(Version, strict=False)
    differing: list[UUID] = []
    while True:
        page, asked = await read_page(
            onec, feed.entity, pace, terms=None, orderby=feed.orderby, skip=skip, select=VERSION_FIELDS
        )  # fmt: skip
        versions = [decoder.decode(raw) for raw in page]
        differing += [v.ref_key for v in versions if ours.get(v.ref_key) != v.data_version]
        this.read += len(page)
        skip += len(page)
        if len(page) < asked:
            break
    this.unchanged += this.read - len(differing)
    for start in range(0, len(differing), 500):
        found = await onec.by_keys(feed.entity, differing[start : start + 500], msgspec.Raw)  # type: ignore[type-var]  # kept undecoded
        before = this.read
        await records.apply_page(db, feed, found, ctx, this)
        this.read = before


async def _ours(db: Database, feed: Feed) -> dict[UUID, str | None]:
    key = feed.version_key
    async with db.read() as connection:
        found = await rows(
            connection,
            f"select {key} as key, data_version from {feed.versions} where {key} is not null",  # noqa: S608 - our names
        )
    return {row["key"]: row["data_version"] for row in found}
