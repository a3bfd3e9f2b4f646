"""What the next cycle of a feed brings for certain: on its way, and so no drift."""

from __future__ import annotations

from datetime import datetime, timedelta

from clobus.core.db import Database, one, rows
from clobus.gateways.onec.wire import instant_to_local
from clobus.sync.onec.feed import Feed
from clobus.sync.onec.pull import AHEAD, Reader, state_name

CYCLES = 3
"""A feed that has not come through for so many of its intervals is not trusted to do it next time."""


class Coming:
    """The window of a feed's next cycle; empty when no worker lives or the feed does not come through."""

    def __init__(self, window: tuple[str, str] | None, dead: frozenset[str]) -> None:
        self._window = window
        self._dead = dead

    @property
    def is_near(self) -> bool:
        """Whether there is a next cycle to count on."""
        return self._window is not None

    def brings(self, moment: str | None, key: str) -> bool:
        """Whether the record of this local time is read by the next cycle, and can be written."""
        if self._window is None or key in self._dead:
            return False
        return moment is None or self._window[0] <= moment < self._window[1]


async def coming(reader: Reader, feed: Feed) -> Coming:
    """Look at the cursor of a feed, at its last success and at its dead letters."""
    async with reader.db.read() as connection:
        row = await one(
            connection,
            "select last_synced_at as cursor, now() as now from sys.sync_state where entity_name = %s"
            " and first_load_done and last_success_at > now() - make_interval(secs => %s) and failures_in_row = 0"
            " and exists (select 1 from log.etl_runs where started_at > now() - interval '3 minutes')",
            (state_name(feed), CYCLES * feed.every),
        )
    dead = await _dead(reader.db, feed)
    if row is None:
        return Coming(None, dead)
    zone = reader.ctx.zone
    cursor: datetime = row["cursor"] or datetime.fromisoformat(f"{feed.initial}+00:00")
    overlap = timedelta(seconds=reader.overlap if feed.overlap is None else feed.overlap)
    return Coming((instant_to_local(cursor - overlap, zone), instant_to_local(row["now"] + AHEAD, zone)), dead)


async def _dead(db: Database, feed: Feed) -> frozenset[str]:
    async with db.read() as connection:
        found = await rows(
            connection, "select record_key from sys.bad_records where process = %s", (f"{feed.process}/{feed.entity}",)
        )
    return frozenset(row["record_key"] for row in found)
