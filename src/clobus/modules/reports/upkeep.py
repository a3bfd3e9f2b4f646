"""Roll-ups are kept up to date by differences: what a changed request counted for before is taken away, what it counts
for now is added.

Whoever changes a request notes it in rep.changed within his transaction (triggers of migration 0012).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, one, rows, run
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations.types import Kind
from clobus.modules.reports.facts import COLUMNS, facts_of
from clobus.modules.reports.rollups import ROLLUPS
from clobus.modules.reports.types import NOBODY, REPEAT_DAYS

BATCH = 2000
_KEPT = tuple(name for name in COLUMNS if name not in ("cons_id", "created_at", "client_id", "due_at"))
"""Columns of a fact by which sums differ."""


def _refreshed() -> str:
    """The statement that renews the facts of some requests and carries the differences into all roll-ups."""
    every = ", ".join(COLUMNS)
    kept = ", ".join(_KEPT)
    was = ", ".join(f"old.{name} as was_{name}" for name in COLUMNS)
    now = ", ".join(f"new.{name} as now_{name}" for name in COLUMNS)
    parts = [
        f"fresh as materialized ({facts_of('c.cons_id = any(%(ids)s)')})",
        f"kept as (insert into rep.facts as f ({every}) select {every} from fresh on conflict (cons_id) do update set"
        f" {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
        f" where ({', '.join(f'f.{name}' for name in COLUMNS)}) is distinct from"
        f" ({', '.join(f'excluded.{name}' for name in COLUMNS)}) returning {was}, {now})",
        "gone as (delete from rep.facts f where f.cons_id = any(%(ids)s)"
        f" and f.cons_id not in (select cons_id from fresh) returning {', '.join(f'f.{name}' for name in _KEPT)})",
        f"delta as materialized (select -1 as sign, {', '.join(f'was_{name} as {name}' for name in _KEPT)} from kept"
        f" where was_cons_id is not null union all select 1, {', '.join(f'now_{name}' for name in _KEPT)} from kept"
        f" union all select -1, {kept} from gone)",
        *(f"r{number} as ({rollup.added('delta f')})" for number, rollup in enumerate(ROLLUPS)),
    ]
    return "with " + ", ".join(parts) + " select count(*) as n from fresh"


_REFRESH = _refreshed()
_MOVED = f"""
    select distinct o.cons_id from (
        select f.client_id as a, f.created_at as b, c.client_id as c, c.create_date as d
        from (select * from rep.facts where cons_id = any(%(ids)s)) f
        full join (select * from cons.cons where cons_id = any(%(ids)s) and not deleted) c using (cons_id)
        where (f.client_id, f.created_at) is distinct from (c.client_id, c.create_date)) m
    cross join lateral (values (m.a, m.b), (m.c, m.d)) v (client_id, at)
    join cons.cons o on o.client_id = v.client_id and o.create_date >= v.at
        and o.create_date <= v.at + interval '{REPEAT_DAYS} days'"""
"""Requests whose being a repetition hangs on some that came, went or moved to another client or day."""


def parameters(zone: ZoneInfo) -> dict[str, Any]:
    """What the query of facts needs beside its condition."""
    return {
        "zone": zone.key, "support": Kind.SUPPORT.value, "nobody": NOBODY, "placeholder": UNDEFINED_MANAGER,
        "now": clock.now(),
    }  # fmt: skip


async def _alone(connection: Connection) -> None:
    """Nobody else carries differences over at the same time; until the transaction ends."""
    await run(connection, "select pg_advisory_xact_lock(hashtextextended('reports.upkeep', 0))")


async def refresh(connection: Connection, ids: Sequence[UUID], zone: ZoneInfo) -> int:
    """Bring facts and roll-ups up to date about these requests and those that hang on them; how many were looked at."""
    await _alone(connection)
    hanging = await rows(connection, _MOVED, {"ids": list(ids)})
    whole = sorted({*ids, *(row["cons_id"] for row in hanging)})
    await run(connection, _REFRESH, {**parameters(zone), "ids": whole})
    return len(whole)


async def catch_up(connection: Connection, zone: ZoneInfo, limit: int = BATCH) -> int:
    """Take in a batch of what was noted, and of promises that were broken since; 0 when nothing is left."""
    await _alone(connection)
    noted = await rows(
        connection,
        "delete from rep.changed where id in (select id from rep.changed order by id limit %s) returning cons_id",
        (limit,),
    )
    due = await rows(
        connection,
        "select cons_id from rep.facts where due_at <= %s order by due_at limit %s",
        (clock.now(), limit),
    )
    ids = {row["cons_id"] for row in (*noted, *due)}
    if ids:
        await refresh(connection, sorted(ids), zone)
    return len(noted) + len(due)


async def rebuild(connection: Connection, zone: ZoneInfo) -> int:
    """Make facts and roll-ups anew from everything the desk holds; returns how many facts there are.

    Needs as long as it takes to read the whole desk, during which reports wait.
    """
    await _alone(connection)
    await run(connection, "delete from rep.changed")
    tables = ", ".join(rollup.table for rollup in ROLLUPS)
    await run(connection, f"truncate rep.facts, {tables}")
    await run(
        connection,
        f"insert into rep.facts ({', '.join(COLUMNS)}) {facts_of('true')} order by created_at",
        parameters(zone),
    )
    for rollup in ROLLUPS:
        for sql in rollup.made():
            await run(connection, sql)
    found = await one(connection, "select count(*) as n from rep.facts")
    return int(found["n"]) if found else 0


async def freshness(connection: Connection) -> dict[str, Any]:
    """How many changes wait to be taken in."""
    found = await one(connection, "select count(*) as waiting from (select 1 from rep.changed limit 100000) c")
    return {"waiting": found["waiting"] if found else 0}
