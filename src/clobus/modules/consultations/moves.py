"""A request is moved to another date: by its client or by staff, once in each system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock, outbox
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Invalid, NotFound, TooMany, Unprocessable
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import policy, queries, status
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.moments import in_zone
from clobus.modules.consultations.types import Actor, Kind, Row

SUBJECT = "redate"
SHOWN = (
    "m.id, m.cons_key, m.clients_key, m.manager_key, m.period, m.old_date, m.new_date, m.comment"
)  # fmt: skip
_OF = " from cons.cons c join cons.cons_redate m on m.cons_id = c.cons_id or m.cons_key = c.cl_ref_key"


@dataclass(frozen=True, slots=True)
class Rules:
    """What bounds a move, from settings."""

    zone: ZoneInfo
    per_day: int
    future_days: int
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Due:
    """A move that 1C's register does not have yet, and what its request is now."""

    redate_id: UUID
    row: Row
    manager_key: UUID
    period: datetime
    old_date: datetime | None
    new_date: datetime
    comment: str | None


async def of_request(connection: Connection, cons_id: UUID, skip: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """The moves of a request, newest first."""
    sql = f"select {SHOWN}{_OF} where c.cons_id = %s order by m.period desc, m.id desc offset %s limit %s"  # noqa: S608 - names of ours, values are parameters
    return [dict(row) for row in await rows(connection, sql, (cons_id, skip, limit))]


async def move(
    connection: Connection, cons_id: UUID, wanted: datetime, rules: Rules, *, actor: Actor, by: str,
    comment: str | None = None, manager_key: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Move a request and return the move; publishes Rescheduled.

    Conflict for an ended one, Unprocessable for the past, the same date or a time off work, Invalid beyond the horizon
    or for an unknown manager, TooMany when the day is full.
    """
    now = clock.now()
    moment = in_zone(wanted, rules.zone).astimezone(now.tzinfo).replace(microsecond=0)
    await _lock_owner(connection, cons_id)
    row = (await queries.select(connection, "c.cons_id = %s", (cons_id,), lock=True))[0]
    policy.ensure_may_move(row.status, row.start_date, moment, now, timedelta(days=rules.future_days))
    if not rules.calendar.is_working(moment):
        raise Unprocessable("consultation.not_working")
    if not row.is_support:
        await _ensure_room(connection, row, moment, rules)
    manager = await _manager(connection, row, manager_key if actor is not Actor.CLIENT else None)
    made = await _write(connection, row, moment, rules.zone, now, manager=manager, comment=comment, by=by)
    changes: dict[str, tuple[Any, Any]] = {"start_date": (status.plain(row.start_date), status.plain(moment))}
    await publish(connection, [Event("Rescheduled", cons_id, Origin.API, by, changes)])
    if not row.is_support:
        await outbox.touch(connection, "onec", SUBJECT, [made["redate_id"]])
    return {name: value for name, value in made.items() if name != "redate_id"}


async def _write(
    connection: Connection, row: Row, moment: datetime, zone: ZoneInfo, now: datetime, *, manager: UUID,
    comment: str | None, by: str,
) -> dict[str, Any]:  # fmt: skip
    local = moment.astimezone(zone)
    wanted = row.wanted if row.is_support else {**row.wanted, "start_date": status.plain(moment)}
    columns = {"start_date": moment, "redate": local.date(), "redate_time": local.time(), "wanted": wanted}
    await queries.update_columns(connection, {row.cons_id: columns})
    # 1C will give the document the key that we propose, or another one: `settle` puts that right.
    key = row.cl_ref_key or row.cons_id
    made = await one(
        connection,
        "insert into cons.cons_redate as m (redate_id, cons_id, cons_key, clients_key, manager_key, period, old_date,"  # noqa: S608 - names of ours, values are parameters
        " new_date, comment, actor) select %(id)s, %(cons)s, %(key)s, %(client)s, %(manager)s,"
        # 1C keeps seconds: two moves within one would be one record to it.
        " greatest(%(now)s, max(period) + interval '1 second'), %(old)s, %(new)s, %(comment)s, %(by)s"
        f" from cons.cons_redate where cons_key = %(key)s or cons_id = %(cons)s returning m.redate_id, {SHOWN}",
        {"id": new_id(), "cons": row.cons_id, "key": key, "client": row.client_key, "manager": manager,
         "now": now.replace(microsecond=0), "old": row.start_date, "new": moment, "comment": comment, "by": by},
    )  # fmt: skip
    return dict(made) if made else {}


async def _lock_owner(connection: Connection, cons_id: UUID) -> None:
    """The lock under which requests are counted: the same one as when they are made, taken before any row's."""
    found = await one(
        connection,
        "select coalesce(k.parent_id, k.client_id) as owner from cons.cons c left join cons.clients k using (client_id)"
        " where c.cons_id = %s",
        (cons_id,),
    )
    if found is None:
        raise NotFound("consultation.unknown")
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"owner:{found['owner']}",))


async def _ensure_room(connection: Connection, row: Row, moment: datetime, rules: Rules) -> None:
    """Not more than so many on one business day, over all users of the subscriber."""
    start = datetime.combine(clock.business_day(moment, rules.zone), time(), rules.zone)
    found = await one(
        connection,
        "select count(*) as n from cons.cons c join cons.clients k on k.client_id = c.client_id"
        " join cons.clients m on m.client_id = %(client)s"
        " and coalesce(k.parent_id, k.client_id) = coalesce(m.parent_id, m.client_id)"
        " where c.cons_id <> %(id)s and c.consultation_type = %(kind)s and c.status <> 'cancelled'"
        " and coalesce(c.start_date, c.create_date) >= %(start)s and coalesce(c.start_date, c.create_date) < %(end)s",
        {"client": row.client_id, "id": row.cons_id, "kind": Kind.ACCOUNTING.value, "start": start,
         "end": start + timedelta(days=1)},
    )  # fmt: skip
    if found and found["n"] >= rules.per_day:
        raise TooMany("consultation.day_limit", {"limit": rules.per_day})


async def _manager(connection: Connection, row: Row, given: UUID | None) -> UUID:
    """Who is told to have moved it: 1C takes no record without a manager (domain.md §2.6)."""
    if given is None:
        return row.manager or UNDEFINED_MANAGER
    known = await one(
        connection, "select 1 from cons.users where cl_ref_key = %s and not deletion_mark and not invalid", (given,)
    )
    if known is None:
        raise Invalid("consultation.manager_unknown")
    return given


async def wake(connection: Connection, cons_id: UUID) -> None:
    """Let the register be told of moves whose document shows the new date now (see `due`)."""
    found = await rows(
        connection,
        "select m.redate_id from cons.cons_redate m join cons.cons c using (cons_id) where m.cons_id = %s"
        " and m.redate_id is not null and m.sent_at is null and c.cl_ref_key is not null"
        " and not c.wanted ? 'start_date'",
        (cons_id,),
    )
    await outbox.touch(connection, "onec", SUBJECT, [row["redate_id"] for row in found])


async def settle(connection: Connection, redate_id: UUID) -> Due | None:
    """A move that is to be written to 1C now, with its final keys; None when there is none, or not yet.

    The document's own date goes first: should 1C refuse it, there was no move.
    """
    found = await one(
        connection,
        "select m.cons_id, m.manager_key, m.period, m.old_date, m.new_date, m.comment from cons.cons_redate m"
        " where m.redate_id = %s and m.sent_at is null for update",
        (redate_id,),
    )
    if found is None:
        return None
    [row] = await queries.select(connection, "c.cons_id = %s", (found["cons_id"],))
    if row.cl_ref_key is None or "start_date" in row.wanted:
        return None
    await _rekey(connection, redate_id, row.cl_ref_key, row.client_key, found["manager_key"], found["period"])
    return Due(
        redate_id, row, found["manager_key"], found["period"], found["old_date"], found["new_date"], found["comment"]
    )


async def sent(
    connection: Connection, redate_id: UUID, *, cons_key: UUID, clients_key: UUID | None, manager_key: UUID | None,
    period: datetime,
) -> None:  # fmt: skip
    """Note that 1C's register has a move, under the keys that it shows."""
    await _rekey(connection, redate_id, cons_key, clients_key, manager_key, period)
    await run(
        connection, "update cons.cons_redate set sent_at = %s where redate_id = %s", (clock.now(), redate_id)
    )  # fmt: skip


async def _rekey(
    connection: Connection, redate_id: UUID, cons_key: UUID, clients_key: UUID | None, manager_key: UUID | None,
    period: datetime,
) -> None:  # fmt: skip
    """Give our row these keys; a row that came by the feed under them was the same move."""
    keys = (cons_key, clients_key, manager_key, period, redate_id)
    await run(
        connection,
        "delete from cons.cons_redate where cons_key = %s and clients_key is not distinct from %s"
        " and manager_key is not distinct from %s and period = %s and redate_id is null",
        keys[:4],
    )
    await run(
        connection,
        "update cons.cons_redate set cons_key = %s, clients_key = %s, manager_key = %s, period = %s"
        " where redate_id = %s",
        keys,
    )


async def take_back(connection: Connection, cons_id: UUID) -> None:
    """Forget moves that 1C refused: what the register holds is shown again."""
    await run(
        connection,
        "delete from cons.cons_redate where cons_id = %s and redate_id is not null and sent_at is null",
        (cons_id,),
    )
    await run(
        connection,
        "update cons.cons c set redate = (l.new_date at time zone 'Asia/Tashkent')::date,"
        " redate_time = (l.new_date at time zone 'Asia/Tashkent')::time from cons.cons b"
        " left join lateral (select m.new_date from cons.cons_redate m where m.cons_key = b.cl_ref_key"
        " order by m.period desc limit 1) l on true where b.cons_id = %s and c.cons_id = b.cons_id",
        (cons_id,),
    )
