"""When the desk works, as a table that SQL reckons working seconds with: rep.shifts, filled from the calendar."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from clobus.core import memory
from clobus.core.db import Connection, run

FIRST_YEAR = 2015
YEARS_AHEAD = 2
KEY = "reports.calendar"


class WorkCalendar(Hashable, Protocol):
    """What is needed of the desk's calendar: hours of each working day, in a zone."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the business lives."""

    @property
    def opens(self) -> time:
        """When a working day begins."""

    @property
    def closes(self) -> time:
        """When it ends; not after `opens`: on the next day."""

    def works(self, day: date) -> bool:
        """Whether people work on this day."""


def shifts(calendar: WorkCalendar, last_year: int) -> Iterator[tuple[datetime, int, int]]:
    """Each working day: when it opens, its seconds, and the working seconds of all before it."""
    day, before = date(FIRST_YEAR, 1, 1), 0
    while day.year <= last_year:
        if calendar.works(day):
            start = datetime.combine(day, calendar.opens, calendar.zone)
            following = day if calendar.closes > calendar.opens else day + timedelta(days=1)
            seconds = int((datetime.combine(following, calendar.closes, calendar.zone) - start).total_seconds())
            yield start, seconds, before
            before += seconds
        day += timedelta(days=1)


@lru_cache(maxsize=8)
def _filled(calendar: WorkCalendar, last_year: int) -> tuple[str, list[tuple[datetime, int, int]]]:
    """The table and a mark of it."""
    found = list(shifts(calendar, last_year))
    return hashlib.sha256(msgspec.json.encode(found)).hexdigest(), found


async def keep(connection: Connection, calendar: WorkCalendar, year: int) -> bool:
    """Fill the table when the calendar is another one than last time; True when it was. All requests change then."""
    mark, found = _filled(calendar, year + YEARS_AHEAD)
    if await memory.recall(connection, KEY) == mark:
        return False
    await run(connection, "delete from rep.shifts")
    await run(
        connection,
        "insert into rep.shifts (opens, seconds, before)"
        " select * from unnest(%s::timestamptz[], %s::integer[], %s::bigint[])",
        ([row[0] for row in found], [row[1] for row in found], [row[2] for row in found]),
    )
    await memory.remember(connection, KEY, mark)
    await run(connection, "insert into rep.changed (cons_id) select cons_id from cons.cons")
    return True
