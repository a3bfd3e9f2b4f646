"""What people of the desk look at: the open requests by what they need, and what a manager has done and has to do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations.types import Kind


class View(StrEnum):
    """Which of the open requests are wanted."""

    QUEUE = "queue"
    MINE = "mine"
    TODAY = "today"
    OVERDUE = "overdue"
    UNASSIGNED = "unassigned"


COMMON = {"undefined": UNDEFINED_MANAGER, "support": Kind.SUPPORT.value}
OPEN = "c.status in ('new', 'open', 'pending', 'other') and not c.denied and not c.deleted"
NOBODY = "(c.manager is null or c.manager = %(undefined)s)"
DAY = "(c.start_date at time zone %(zone)s)::date = (%(now)s::timestamptz at time zone %(zone)s)::date"
NARROWED = {
    View.QUEUE: "true",
    View.MINE: "c.manager = %(manager)s",
    View.TODAY: DAY,
    View.OVERDUE: "c.start_date < %(now)s",
    View.UNASSIGNED: NOBODY,
}
"""A request without a planned moment is never overdue: it waits for one. Nor is one that has ended."""
SHOWN = (
    "c.cons_id::text, c.number, c.status, case c.consultation_type when %(support)s then 'support' else 'accounting'"
    " end as kind, c.importance, c.create_date, c.start_date, c.lang, c.comment, c.manager::text,"
    " u.description as manager_name, k.company_name, c.client_id::text, q.description as category, c.conversation_id,"
    f" coalesce(c.start_date < %(now)s, false) and {OPEN} as overdue,"
    f" {NOBODY} as unassigned"
)
JOINED = (
    " from cons.cons c left join cons.users u on u.cl_ref_key = c.manager and u.cl_ref_key <> %(undefined)s"
    " left join cons.clients k on k.client_id = c.client_id"
    " left join dict.online_question_cat q on q.ref_key = c.online_question_cat"
)


async def counts(connection: Connection, zone: ZoneInfo, manager: UUID | None) -> dict[str, int]:
    """How many open requests each view has."""
    columns = ", ".join(f"count(*) filter (where {sql}) as {view.value}" for view, sql in NARROWED.items())
    found = await one(connection, f"select {columns} from cons.cons c where {OPEN}", _params(zone, manager))  # noqa: S608 - text of ours, values are parameters
    return dict(found) if found else {}


async def listed(
    connection: Connection, view: View, zone: ZoneInfo, manager: UUID | None, *, skip: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Open requests of a view, the one that should be dealt with first at the top."""
    found = await rows(
        connection,
        f"select {SHOWN}{JOINED} where {OPEN} and {NARROWED[view]}"  # noqa: S608 - text of ours, values are parameters
        " order by coalesce(c.start_date, c.create_date), c.cons_id offset %(skip)s limit %(limit)s",
        {**_params(zone, manager), "skip": skip, "limit": limit},
    )
    return [dict(row) for row in found]


async def card(connection: Connection, cons_id: UUID) -> dict[str, Any] | None:
    """A request as it stands in a list, whatever its state."""
    found = await one(
        connection,
        f"select {SHOWN}{JOINED} where c.cons_id = %(id)s",  # noqa: S608 - text of ours, values are parameters
        {"id": cons_id, **COMMON, "now": clock.now()},
    )
    return dict(found) if found else None


async def by_conversation(connection: Connection, conversation_id: int) -> UUID | None:
    """Our id of the request of a conversation."""
    found = await one(connection, "select cons_id from cons.cons where conversation_id = %s", (conversation_id,))
    return found["cons_id"] if found else None


async def numbers_of(connection: Connection, manager: UUID, zone: ZoneInfo) -> dict[str, Any]:
    """What a manager has to do and has done: open, overdue, today's, ended in 7 and 30 days, his marks of 30 days."""
    found = await one(
        connection,
        "with own as (select c.* from cons.cons c where c.manager = %(manager)s and not c.deleted)"  # noqa: S608 - text of ours, values are parameters
        f" select count(*) filter (where {OPEN}) as open, count(*) filter (where {OPEN} and c.start_date < %(now)s)"
        f" as overdue, count(*) filter (where {OPEN} and {DAY}) as today,"
        " count(*) filter (where c.status in ('closed', 'resolved') and not c.denied"
        " and c.end_date > %(now)s - interval '7 days') as ended_7,"
        " count(*) filter (where c.status in ('closed', 'resolved') and not c.denied"
        " and c.end_date > %(now)s - interval '30 days') as ended_30,"
        " (select round(avg(a.rating), 2)::float8 from cons.cons_rating_answers a where a.manager_key = %(manager)s"
        " and a.rating_date > %(now)s - interval '30 days') as rating_30 from own c",
        _params(zone, manager),
    )
    return dict(found) if found else {}


async def history_of(connection: Connection, client_id: UUID, *, but: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A company's requests, newest first: its own and those of its users."""
    found = await rows(
        connection,
        f"select {SHOWN}{JOINED} where c.client_id in (select n.client_id from cons.clients n"  # noqa: S608 - text of ours, values are parameters
        " join cons.clients w on w.client_id = %(client)s where coalesce(n.parent_id, n.client_id) ="
        " coalesce(w.parent_id, w.client_id)) and c.cons_id is distinct from %(but)s"
        " order by c.create_date desc, c.cons_id desc limit %(limit)s",
        {"client": client_id, "but": but, "limit": limit, **COMMON, "now": clock.now()},
    )
    return [dict(row) for row in found]


def _params(zone: ZoneInfo, manager: UUID | None) -> dict[str, Any]:
    now: datetime = clock.now()
    return {"zone": zone.key, "now": now, "manager": manager, **COMMON}
