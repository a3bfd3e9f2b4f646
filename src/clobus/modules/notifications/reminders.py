"""Remind of a consultation a day and an hour before the planned moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, rows, run
from clobus.modules.notifications import queries, service
from clobus.modules.notifications.catalogue import REMINDERS
from clobus.modules.notifications.news import Message

BATCH = 1000
# Each: how long before the moment it is due, and how long before the moment it is too late.
WINDOWS = {
    "reminder_day": (timedelta(days=1), timedelta(hours=6)),
    "reminder_hour": (timedelta(hours=1), timedelta(minutes=10)),
}
# Open requests whose planned moment may be near: it is what was moved last, the document's date or the register's.
MOMENTS = """
select c.cons_id, m.planned, greatest(c.created_at, e.at) as known
from cons.cons c
left join lateral (
    select v.at, not v.changes ? 'start_date' as redated from log.events v
    where v.cons_id = c.cons_id and v.changes ?| array['start_date', 'redate'] order by v.id desc limit 1) e on true
cross join lateral (
    select coalesce(case when coalesce(e.redated, true) then (c.redate + c.redate_time) at time zone %(zone)s end,
                    c.start_date) as planned) m
where c.status in ('new', 'open', 'pending', 'other')
  and (c.start_date between %(now)s and %(now)s + interval '25 hours'
       or c.redate between (%(now)s at time zone %(zone)s)::date and (%(now)s at time zone %(zone)s)::date + 2)
"""


async def queue(connection: Connection, zone: ZoneInfo) -> int:
    """Queue the reminders that are due, each once for its moment; take back those whose moment holds no more.

    A request that came or was moved when a reminder would have been due already gets none of it: it was just told.
    """
    given: dict[str, Any] = {"zone": zone.key, "now": clock.now(), "types": list(REMINDERS)}
    await run(
        connection,
        "delete from log.notification_log n where n.notification_type = any(%(types)s) and n.state = 'queued'"  # noqa: S608 - a text of ours is put in
        f" and not exists (select 1 from ({MOMENTS}) m where m.cons_id = n.entity_id"
        " and m.planned = (n.params ->> 'planned')::timestamptz)",
        given,
    )
    return sum([await _due(connection, given, type_) for type_ in REMINDERS])


async def _due(connection: Connection, given: dict[str, Any], type_: str) -> int:
    before, late = WINDOWS[type_]
    found = await rows(
        connection,
        f"select m.cons_id, m.planned from ({MOMENTS}) m where m.planned - %(before)s <= %(now)s"  # noqa: S608 - a text of ours
        " and m.planned - %(late)s > %(now)s and m.known <= m.planned - %(before)s"
        " and not exists (select 1 from log.notification_log n where n.entity_id = m.cons_id"
        " and n.notification_type = %(type)s and (n.params ->> 'planned')::timestamptz = m.planned)"
        " order by m.planned limit %(batch)s",
        {**given, "before": before, "late": late, "type": type_, "batch": BATCH},
    )
    known = await queries.requests(connection, [row["cons_id"] for row in found])
    queued: list[dict[str, Any]] = []
    for row in found:
        planned: datetime = row["planned"]
        message = Message(type_, {"planned": planned.isoformat()}, planned.isoformat(), until=planned - late)
        queued += service.rows_of(message, known[row["cons_id"]], {})
    return await queries.insert(connection, queued)
