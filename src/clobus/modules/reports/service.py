"""The door of reports for others: keeping up with changes, figures of a day for 1C, and who may see whose."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, Database
from clobus.modules.reports import figures, recounting, upkeep, worktime
from clobus.modules.reports.tables import quotient
from clobus.modules.reports.types import Filters, Period
from clobus.modules.reports.worktime import WorkCalendar

rebuild = upkeep.rebuild
catch_up = upkeep.catch_up
MOST_BATCHES = 200
_DAY = (
    "closed_n", "cancelled_n", "redated_n", "repeated_n", "first_sum", "first_n", "closing_sum", "closing_n",
    "marks_sum", "marks_n", "first_met", "first_missed", "closing_met", "closing_missed",
)  # fmt: skip


async def keep_up(db: Database, calendar: WorkCalendar) -> int:
    """Take in everything that was noted, batch by batch; returns how much. A new calendar changes all times.

    What is to be counted anew comes when nothing else is left.
    """
    async with db.transaction() as connection:
        await worktime.keep(connection, calendar, clock.now().year)
    taken = 0
    for _ in range(MOST_BATCHES):
        async with db.transaction() as connection:
            count = await upkeep.catch_up(connection, calendar.zone)
            count = count or await recounting.step(connection)
        taken += count
        if not count:
            break
    return taken


async def keep_calendar(connection: Connection, calendar: WorkCalendar, zone: ZoneInfo) -> None:
    """Make the table of working time for a rebuild by hand."""
    await worktime.keep(connection, calendar, clock.now().astimezone(zone).year)


async def day_by_manager(connection: Connection, day: date) -> list[tuple[UUID, dict[str, int]]]:
    """What each manager's requests of a day came to: counts, averages in working seconds (0: none), promises."""
    found = await figures.read(connection, _DAY, Period(day, day), Filters(), "manager")
    lines = (dict(zip(found.columns, values, strict=True)) for values in zip(*found.columns.values(), strict=True))
    return [
        (
            key,
            {
                "requests": row["n"], "closed": row["closed_n"], "cancelled": row["cancelled_n"],
                "redated": row["redated_n"], "repeated": row["repeated_n"],
                "first_average": quotient(row["first_sum"], row["first_n"]) or 0,
                "closing_average": quotient(row["closing_sum"], row["closing_n"]) or 0,
                "marks": row["marks_n"], "marks_sum": row["marks_sum"],
                "met": row["first_met"] + row["closing_met"], "missed": row["first_missed"] + row["closing_missed"],
            },
        )
        for key, row in zip(found.keys, lines, strict=True)
    ]  # fmt: skip


def as_filters(given: dict[str, Any]) -> Filters:
    """Filters of plain values; those that are None do not narrow."""
    return Filters(**{name: value for name, value in given.items() if value is not None})
