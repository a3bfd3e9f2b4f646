"""Handing over when a queue closes: proposed by the platform, done by rule or by a person, confirmed by 1C.

Level-triggered like all else: `propose` looks which requests wait for a manager who takes no more on their day, so
nothing depends on which of the two came first. A decision stands: what was declined is not proposed again for that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, NotFound
from clobus.core.events import Event, Origin, publish
from clobus.modules.consultations import service
from clobus.modules.consultations.roster import Roster
from clobus.modules.consultations.selection import Wish
from clobus.modules.consultations.types import Kind

# The day of a request: of its planned moment, today when it has none or that has passed.
WAITING = """
select c.cons_id, c.manager, c.start_date, d.day, coalesce(c.lang, 'ru') as lang, c.online_question_cat
from cons.cons c cross join lateral (select greatest((coalesce(c.start_date, %(now)s) at time zone %(zone)s)::date,
    (%(now)s::timestamptz at time zone %(zone)s)::date) as day) d
where c.consultation_type = %(kind)s and c.status in ('open', 'pending') and not c.denied
  and exists (select 1 from cons.queue_closing q where q.manager_key = c.manager
      and (q.period at time zone %(zone)s)::date = d.day)
  and not exists (select 1 from cons.reassignments r where r.cons_id = c.cons_id
      and (r.state in ('proposed', 'accepted')
           or (r.state in ('declined', 'done') and r.from_manager = c.manager and r.day = d.day)))
order by coalesce(c.start_date, c.create_date), c.cons_id limit %(limit)s
"""
LIST = (
    "select r.id, r.cons_id, c.number, r.from_manager, f.description as from_name, r.to_manager,"
    " t.description as to_name, r.day, r.reason, r.state, r.proposed_at, r.decided_at, r.decided_by"
    " from cons.reassignments r join cons.cons c using (cons_id)"
    " left join cons.users f on f.cl_ref_key = r.from_manager left join cons.users t on t.cl_ref_key = r.to_manager"
)


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A proposal and what became of it; `reason` holds `code`, `day` and `why` (told by `selection.explain`)."""

    id: int
    cons_id: UUID
    number: str | None
    from_manager: UUID
    from_name: str | None
    to_manager: UUID
    to_name: str | None
    day: date
    reason: dict[str, Any]
    state: str
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None


async def listed(
    connection: Connection, states: Sequence[str] = ("proposed",), *, before: int | None = None, limit: int = 100
) -> list[Reassignment]:
    """Proposals in these states, newest first; `before` is the id of the last one of the page before."""
    found = await rows(
        connection,
        f"{LIST} where r.state = any(%s) and (%s::bigint is null or r.id < %s) order by r.id desc limit %s",  # noqa: S608 - a text of ours, values are parameters
        (list(states), before, before, limit),
    )
    return [Reassignment(**row) for row in found]


async def propose(connection: Connection, roster: Roster, *, limit: int = 200) -> list[int]:
    """Propose somebody for each request whose manager's queue is closed on its day; ids of the proposals.

    A request that nobody else can take on that day is left as it is and looked at again the next time.
    """
    await roster.refresh(connection, force=True)
    now, zone = clock.now(), roster.calendar.zone
    params = {"now": now, "zone": zone.key, "kind": Kind.ACCOUNTING.value, "limit": limit}
    items, events = [], []
    for row in await rows(connection, WAITING, params):
        wish = roster.wish_of(row["online_question_cat"], row["lang"])
        choice = _instead(roster, wish, max(row["start_date"] or now, now), row["day"], row["manager"])
        if choice is None:
            continue
        to, why = choice
        reason = {"code": "queue_closed", "day": row["day"].isoformat(), "why": why}
        items.append({"cons_id": row["cons_id"], "from": row["manager"], "to": to, "day": row["day"], "reason": reason})
        changes = {"proposed_manager": (str(row["manager"]), str(to)), "why": (None, why)}
        events.append(Event("HandoverProposed", row["cons_id"], Origin.PLATFORM, None, changes))
    if not items:
        return []
    made = await rows(
        connection,
        'insert into cons.reassignments (cons_id, from_manager, to_manager, day, reason) select cons_id, "from", "to",'
        ' day, reason from jsonb_to_recordset(%s::jsonb) as n (cons_id uuid, "from" uuid, "to" uuid, day date,'
        " reason jsonb) on conflict do nothing returning id, cons_id",
        (Jsonb(items),),
    )
    ours = {row["cons_id"] for row in made}
    await publish(connection, [event for event in events if event.cons_id in ours])
    return [row["id"] for row in made]


def _instead(
    roster: Roster, wish: Wish, moment: datetime, day: date, manager: UUID
) -> tuple[UUID, dict[str, Any]] | None:  # fmt: skip
    """Who else can take it on that day, and why he; None when nobody can."""
    at = roster.moment(wish, moment)
    if at.astimezone(roster.calendar.zone).date() != day:
        return None
    choice = roster.choose(wish, at, without=manager)
    return None if choice.why["code"] == "nobody" else (choice.manager, choice.why)


async def accept(connection: Connection, id_: int, *, by: str | None, origin: Origin) -> None:
    """Hand the request over: ours at once, 1C is asked. `by` is the person, None when the rule decides.

    NotFound; Conflict when it was decided before, or when there is nothing left to hand over.
    """
    found = await _open(connection, id_)
    row = (await service.load(connection, [found["cons_id"]], lock=True)).get(found["cons_id"])
    if row is None or row.is_terminal or row.manager != found["from_manager"]:
        raise Conflict("reassignment.void")
    await service.request_manager(
        connection, row, found["to_manager"], origin=origin, actor=by, why=found["reason"]["why"]
    )
    await _decide(connection, id_, "accepted", by)


async def decline(connection: Connection, id_: int, *, by: str) -> None:
    """Leave the request with its manager; not proposed again for that day. Errors as `accept`."""
    await _open(connection, id_)
    await _decide(connection, id_, "declined", by)


async def settle(connection: Connection) -> int:
    """Follow what became of them: done when 1C shows the new manager, void when the request went another way."""
    return await run(
        connection,
        "update cons.reassignments r set state = case when d.ours then 'done' else 'void' end,"
        " decided_at = coalesce(r.decided_at, now()) from (select o.id, o.state = 'accepted'"
        " and c.manager is not distinct from o.to_manager as ours, c.manager, c.status, c.wanted ? 'manager' as asked"
        " from cons.reassignments o join cons.cons c using (cons_id) where o.state in ('proposed', 'accepted')) d"
        " where r.id = d.id and r.state in ('proposed', 'accepted') and case when d.ours then not d.asked"
        " when r.state = 'accepted' then true else d.status in ('closed', 'resolved', 'cancelled')"
        " or d.manager is distinct from r.from_manager"
        " or not exists (select 1 from cons.queue_closing q where q.manager_key = r.from_manager"
        " and (q.period at time zone 'Asia/Tashkent')::date = r.day) end",
    )


async def _open(connection: Connection, id_: int) -> dict[str, Any]:
    found = await one(connection, "select * from cons.reassignments where id = %s for update", (id_,))
    if found is None:
        raise NotFound("reassignment.unknown")
    if found["state"] != "proposed":
        raise Conflict("reassignment.decided")
    return dict(found)


async def _decide(connection: Connection, id_: int, state: str, by: str | None) -> None:
    await run(
        connection,
        "update cons.reassignments set state = %s, decided_at = now(), decided_by = %s where id = %s",
        (state, by, id_),
    )
