"""What 1C's registers tell of requests: moves, calls, ratings, and the days on which managers take no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core.db import Connection, as_json, rows, run
from clobus.core.events import Event, Origin, publish
from clobus.core.upsert import compare, upsert
from clobus.modules.consultations import rating_records, ratings

REDATE = {
    "cons_key": "uuid", "clients_key": "uuid", "manager_key": "uuid", "period": "timestamptz",
    "old_date": "timestamptz", "new_date": "timestamptz", "comment": "text",
}  # fmt: skip
CALL = {"cons_key": "uuid", "period": "timestamptz", "client_key": "uuid", "manager": "uuid"}
RATING = {
    "cons_key": "uuid", "manager_key": "uuid", "question_number": "integer", "client_key": "uuid", "rating": "smallint",
    "question_text": "text", "comment": "text", "sent_to_base": "boolean", "rating_date": "timestamptz",
    "period": "timestamptz",
}  # fmt: skip
Items = Sequence[Mapping[str, Any]]
Day = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Register:
    """The table of a register: what makes a record itself, all its columns, and where the request shows them."""

    table: str
    keys: tuple[str, ...]
    columns: Mapping[str, str]
    shown: tuple[str, ...]
    period: str | None = None
    waits: str = "false"
    """Rows of ours that 1C can't show (so) yet, or never will."""


REDATES = Register(
    "cons.cons_redate",
    ("cons_key", "clients_key", "manager_key", "period"),
    REDATE,
    ("redate", "redate_time"),
    "period",
    "(redate_id is not null and sent_at is null)",
)
CALLS = Register("cons.calls", ("cons_key", "period", "manager"), CALL, ("con_calls",), "period")
RATINGS = Register(
    "cons.cons_rating_answers", ("cons_key", "manager_key", "question_number"), RATING, ("con_rates",),
    waits="(version > sent_version)",
)  # fmt: skip


async def _hold(connection: Connection, items: Items, *, backfill: bool) -> None:
    """Lock requests before their records, as whoever moves or rates one here does; nobody does while history comes."""
    if not backfill:
        await run(
            connection,
            "select 1 from cons.cons where cl_ref_key = any(%s) order by cons_id for no key update",
            (sorted({item["cons_key"] for item in items}),),
        )


async def keep_redates(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Keep moves; the newest is shown on the request, in the business's local time."""
    await _hold(connection, items, backfill=backfill)
    unique, written = await _keep(connection, REDATES, items)
    moved = sorted({item["cons_key"] for item in unique})  # also those whose request came later than its move
    found = await rows(
        connection,
        "update cons.cons c set redate = l.at::date, redate_time = l.at::time, updated_at = now()"
        " from (select distinct on (cons_key) cons_key, new_date at time zone 'Asia/Tashkent' as at, new_date,"
        " old_date from cons.cons_redate where cons_key = any(%s) order by cons_key, period desc) l"
        " where c.cl_ref_key = l.cons_key and (c.redate, c.redate_time) is distinct from (l.at::date, l.at::time)"
        " returning c.cons_id, l.old_date, l.new_date",
        (moved,),
    )
    if not backfill:
        await publish(
            connection,
            [
                Event(
                    "Rescheduled", row["cons_id"], Origin.ONEC, changes={"redate": (row["old_date"], row["new_date"])}
                )
                for row in found
            ],
        )
    return written


async def keep_calls(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Keep calls and their list on the request."""
    await _hold(connection, items, backfill=backfill)
    _, written = await _keep(connection, CALLS, items)
    touched = sorted({item["cons_key"] for item in items})
    found = await rows(
        connection,
        "update cons.cons c set con_calls = l.calls from (select cons_key, jsonb_agg(jsonb_build_object('period',"
        " period, 'manager', manager) order by period) as calls from cons.calls where cons_key = any(%s)"
        " group by 1) l where c.cl_ref_key = l.cons_key and c.con_calls is distinct from l.calls returning c.cons_id",
        (touched,),
    )
    if not backfill:
        await publish(connection, [Event("Called", row["cons_id"], Origin.ONEC) for row in found])
    return written


async def keep_ratings(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Keep answers of ratings and the aggregate on the request (domain.md §9)."""
    await _hold(connection, items, backfill=backfill)
    unique = _unique(items, RATINGS.keys)
    await rating_records.meet(connection, unique)
    written = await upsert(
        connection, RATINGS.table, RATINGS.keys, RATING, unique, guard=f"({rating_records.STANDS})"
    )  # fmt: skip
    keys = sorted({item["cons_key"] for item in items})
    changed = await ratings.aggregate(connection, keys, news=not backfill)
    if not backfill:
        await rating_records.answered_elsewhere(connection, [one.cons_id for one in changed])
        await publish(connection, [one.event(Origin.ONEC) for one in changed])
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def keep_closings(connection: Connection, items: Items, *, backfill: bool = False) -> tuple[int, int]:
    """Keep the closed days; a row that says "open again" removes its day. The last word of a batch counts.

    Requests that wait for a manager on a day that closes now are news (QueueClosed), days that have passed are not.
    """
    latest = _unique(items, ["period", "manager_key"])
    data = as_json([item for item in latest if item["closed"]])
    made = await rows(
        connection,
        "insert into cons.queue_closing (period, manager_key) select period, manager_key from"
        " jsonb_to_recordset(%s::jsonb) as g (period timestamptz, manager_key uuid) on conflict do nothing"
        " returning period, manager_key",
        (data,),
    )
    if made and not backfill:
        await _tell_closings(connection, made)
    opened = as_json([item for item in latest if not item["closed"]])
    gone = await run(
        connection,
        "delete from cons.queue_closing q using jsonb_to_recordset(%s::jsonb)"
        " as g (period timestamptz, manager_key uuid) where (q.period, q.manager_key) = (g.period, g.manager_key)",
        (opened,),
    )
    return len(made), gone


async def _tell_closings(connection: Connection, made: Sequence[Mapping[str, Any]]) -> None:
    """A closed day concerns the requests that are planned for it, and today those whose day is not set yet."""
    found = await rows(
        connection,
        "with g as (select manager_key, (period at time zone 'Asia/Tashkent')::date as day from"
        " jsonb_to_recordset(%s::jsonb) as g (period timestamptz, manager_key uuid)),"
        " today as (select (now() at time zone 'Asia/Tashkent')::date as day)"
        " select c.cons_id, g.manager_key::text, g.day::text from g, today, cons.cons c where c.manager = g.manager_key"
        " and c.status in ('new', 'open', 'pending', 'other') and g.day >= today.day"
        " and coalesce(c.redate, (c.start_date at time zone 'Asia/Tashkent')::date, today.day) = g.day",
        (as_json(list(made)),),
    )
    await publish(
        connection,
        [
            Event("QueueClosed", row["cons_id"], Origin.ONEC,
                  changes={"day": (None, row["day"]), "manager": (row["manager_key"], row["manager_key"])})
            for row in found
        ],
    )  # fmt: skip


async def differing(
    connection: Connection, register: Register, items: Items
) -> tuple[list[int], list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Hold records of 1C against ours: ids of our rows that were found, records that we lack, records that differ."""
    unique = _unique(items, register.keys)
    seen, absent, wrong = await compare(connection, register.table, register.keys, register.columns, unique)
    waiting = await rows(
        connection,
        f"select distinct cons_key from {register.table} where {register.waits} and cons_key = any(%s)",  # noqa: S608 - names of ours, values are parameters
        ([unique[at]["cons_key"] for at in wrong],),
    )
    told_soon = {row["cons_key"] for row in waiting}
    differ = [unique[at] for at in wrong if unique[at]["cons_key"] not in told_soon]
    return seen, [unique[at] for at in absent], differ


async def alone(
    connection: Connection, register: Register, seen: Sequence[int], *, since: datetime | None = None,
    keys: Sequence[UUID] | None = None,
) -> list[UUID]:  # fmt: skip
    """The requests of those of our rows that are not among `seen`; of rows since an instant, or of some requests."""
    if since is not None and register.period is None:
        return []
    limit = f" and not {register.waits}" + (f" and {register.period} >= %(since)s" if since is not None else "")
    limit += " and cons_key = any(%(keys)s)" if keys is not None else ""
    found = await rows(
        connection,
        f"select distinct cons_key from {register.table} where not exists (select 1 from unnest(%(seen)s::bigint[])"  # noqa: S608 - names of ours, values are parameters
        f" as s (id) where s.id = {register.table}.id){limit}",
        {"seen": list(seen), "since": since, "keys": list(keys or ())},
    )
    return [row["cons_key"] for row in found]


async def clear(connection: Connection, register: Register, keys: Sequence[UUID], items: Items) -> int:
    """Remove those of our rows of these requests that are none of `items`, which are all that 1C holds of them."""
    definition = ", ".join(f"{name} {kind}" for name, kind in register.columns.items())
    ours, theirs = (", ".join(f"{alias}.{name}" for name in register.columns) for alias in "tg")
    gone = await run(
        connection,
        f"delete from {register.table} t where t.cons_key = any(%s) and not {register.waits} and not exists"  # noqa: S608 - names of ours, values are parameters
        f" (select 1 from jsonb_to_recordset(%s::jsonb) as g ({definition})"
        f" where ({ours}) is not distinct from ({theirs}))",
        (list(keys), as_json(items)),
    )
    emptied = ", ".join(f"{name} = null" for name in register.shown)
    shown = ", ".join(f"c.{name}::text" for name in register.shown)
    await run(
        connection,
        f"update cons.cons c set {emptied}, updated_at = now() where c.cl_ref_key = any(%s) and not exists"  # noqa: S608 - names of ours, values are parameters
        f" (select 1 from {register.table} r where r.cons_key = c.cl_ref_key) and coalesce({shown}) is not null",
        (list(keys),),
    )
    return gone


async def differing_days(
    connection: Connection, closed: Sequence[Day], *, since: datetime | None = None
) -> tuple[list[Day], list[Day]]:
    """Closed days that we lack, and closed days that we hold and that are not among these."""
    found = await rows(
        connection,
        "select g.period as theirs, q.period as ours, coalesce(g.manager_key, q.manager_key) as manager_key"
        " from unnest(%s::timestamptz[], %s::uuid[]) as g (period, manager_key) full join cons.queue_closing q"
        " on (q.period, q.manager_key) = (g.period, g.manager_key) where (g.period is null or q.period is null)"
        " and coalesce(g.period, q.period) >= coalesce(%s, '-infinity'::timestamptz)"
        # What 1C is still to be told of is on its way.
        " and not exists (select 1 from cons.closing_wishes w where w.sent_at is null"
        " and w.manager_key = coalesce(g.manager_key, q.manager_key)"
        " and w.day = (coalesce(g.period, q.period) at time zone 'Asia/Tashkent')::date)",
        ([day for day, _ in closed], [manager for _, manager in closed], since),
    )
    lacking = [(row["theirs"], row["manager_key"]) for row in found if row["theirs"] is not None]
    return lacking, [(row["ours"], row["manager_key"]) for row in found if row["ours"] is not None]


async def _keep(
    connection: Connection, register: Register, items: Items
) -> tuple[list[Mapping[str, Any]], tuple[int, int]]:
    unique = _unique(items, register.keys)
    written = await upsert(connection, register.table, register.keys, register.columns, unique)
    made = sum(row["made"] for row in written)
    return unique, (made, len(written) - made)


def _unique(items: Items, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    return list({tuple(item[key] for key in keys): item for item in items}.values())
