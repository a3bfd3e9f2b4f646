"""Reports that go out by themselves: what is due, claimed once, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import NotFound
from clobus.core.ids import new_id
from clobus.modules.reports.types import Filters, Period

COLUMNS = (
    "schedule_id", "report", "filters", "period", "at", "format", "channel", "recipient", "language", "active",
)  # fmt: skip
LATER_MINUTES = 5
MOST_TRIES = 20
LOST_MINUTES = 15
MISSED_DAYS = 3
"""So many days later is still sent what nobody was there to send in time."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A report, its filters, the period that it tells of, when and to whom it goes, and how."""

    schedule_id: UUID
    report: str
    filters: dict[str, Any]
    period: str
    at: time
    format: str
    channel: str
    recipient: str
    language: str
    active: bool
    counts_from: datetime

    def narrowed(self) -> Filters:
        """The filters as reports take them."""
        given = {name: value for name, value in self.filters.items() if value is not None}
        return Filters(
            given.get("kind"), given.get("channel"), given.get("language"),
            UUID(given["category"]) if "category" in given else None,
            UUID(given["manager"]) if "manager" in given else None,
        )  # fmt: skip


def told_of(period: str, day: date) -> Period | None:
    """What a sending on this day tells of: yesterday, on Mondays the week, on the first the month; None: not today."""
    if period == "day":
        return Period(day - timedelta(days=1), day - timedelta(days=1))
    if period == "week":
        return Period(day - timedelta(days=7), day - timedelta(days=1)) if day.weekday() == 0 else None
    last = day - timedelta(days=1)
    return Period(last.replace(day=1), last) if day.day == 1 else None


def next_at(row: Mapping[str, Any], local: datetime) -> datetime | None:
    """When a schedule goes out next, None for one that rests; `row` as `listed` has it."""
    if not row["active"]:
        return None
    day, zone = local.date(), local.tzinfo
    while True:
        at = datetime.combine(day, row["at"], zone)
        over = day == local.date() and (at <= row["counts_from"] or row["sent_day"] == day)
        if not over and told_of(row["period"], day) is not None:
            return at
        day += timedelta(days=1)


async def listed(
    connection: Connection, schedule_id: UUID | None = None, *, local: datetime | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """All schedules, or the one, each with what became of its last sending; with `local` also when it goes next."""
    found = await rows(
        connection,
        f"select {', '.join(f's.{name}' for name in COLUMNS)}, s.counts_from, l.day as sent_day, l.state as sent_state,"
        " l.error as sent_error from rep.schedules s left join lateral (select day, state, error from rep.sendings"
        " where subject = s.schedule_id::text order by day desc limit 1) l on true"
        " where %(id)s::uuid is null or s.schedule_id = %(id)s order by s.created_at, s.schedule_id",
        {"id": schedule_id},
    )
    for row in found:
        row["next_at"] = next_at(row, local) if local else None
        del row["counts_from"]
    return found


async def put(connection: Connection, given: Mapping[str, Any], by: str, schedule_id: UUID | None = None) -> UUID:
    """Make a schedule, or change one as a whole; NotFound when there is none of that id.

    One that is made, or is to go at another time, waits for its next one.
    """
    now = clock.now()
    values = {name: given[name] for name in COLUMNS if name != "schedule_id"} | {"filters": Jsonb(given["filters"])}
    if schedule_id is None:
        made = new_id()
        await run(
            connection,
            f"insert into rep.schedules (schedule_id, {', '.join(values)}, created_by, counts_from)"
            f" values (%(id)s, {', '.join(f'%({name})s' for name in values)}, %(by)s, %(now)s)",
            {**values, "id": made, "by": by, "now": now},
        )
        return made
    changed = await run(
        connection,
        f"update rep.schedules set {', '.join(f'{name} = %({name})s' for name in values)}, counts_from = case when"
        " (at, period, active) is distinct from (%(at)s, %(period)s, %(active)s) then %(now)s else counts_from end"
        " where schedule_id = %(id)s",
        {**values, "id": schedule_id, "now": now},
    )
    if not changed:
        raise NotFound("report.schedule")
    return schedule_id


async def remove(connection: Connection, schedule_id: UUID) -> None:
    """End a schedule; NotFound when there is none."""
    if not await run(connection, "delete from rep.schedules where schedule_id = %s", (schedule_id,)):
        raise NotFound("report.schedule")


async def due(connection: Connection, local: datetime) -> list[tuple[Schedule, date, Period]]:
    """Schedules whose hour has come, today or on a day before that a stop may have swallowed, with that day and what
    each tells of. Those that went out are among them: `claim` knows.
    """
    found = await rows(connection, f"select {', '.join(COLUMNS)}, counts_from from rep.schedules where active")
    ready = []
    for each in [Schedule(**row) for row in found]:
        for day in (local.date() - timedelta(days=back) for back in range(MISSED_DAYS + 1)):
            period = told_of(each.period, day)
            if period and each.counts_from < datetime.combine(day, each.at, local.tzinfo) <= local:
                ready.append((each, day, period))
    return sorted(ready, key=lambda one: (one[1], one[0].at, one[0].schedule_id))


async def claim(connection: Connection, subject: str, day: date) -> bool:
    """Take a sending upon oneself: once a day, and again when it surely did not go out."""
    found = await one(
        connection,
        "insert into rep.sendings as s (subject, day) values (%(subject)s, %(day)s) on conflict (subject, day)"
        " do update set state = 'sending', attempts = s.attempts + 1, at = now()"
        " where s.state = 'later' and s.at < now() - make_interval(mins => %(pause)s)"
        " returning subject",
        {"subject": subject, "day": day, "pause": LATER_MINUTES},
    )
    return found is not None


async def note(connection: Connection, subject: str, day: date, state: str, error: str | None = None) -> None:
    """What became of a sending; one that was tried often enough has failed."""
    await run(
        connection,
        "update rep.sendings set state = case when %(state)s = 'later' and attempts >= %(most)s then 'failed'"
        " else %(state)s end, error = %(error)s, at = now() where subject = %(subject)s and day = %(day)s",
        {"state": state, "error": error, "subject": subject, "day": day, "most": MOST_TRIES},
    )


async def mark_lost(connection: Connection) -> None:
    """Of what a worker died over nobody knows whether it went out: it is not sent twice."""
    await run(
        connection,
        "update rep.sendings set state = 'unknown', error = 'its worker died' where state = 'sending'"
        " and at < now() - make_interval(mins => %s)",
        (LOST_MINUTES,),
    )
