"""After a change of what all requests are measured by, they are counted anew in the background, batch by batch."""

from __future__ import annotations

from typing import Any

from clobus.core.db import Connection, one, run

BATCH = 2000


async def ask(connection: Connection, by: str) -> None:
    """Let all requests be counted anew; one that is under way begins again."""
    await run(
        connection,
        "insert into rep.recount (asked_by) values (%s) on conflict (single) do update"
        " set asked_by = excluded.asked_by, asked_at = now(), after = null, total = null, done = 0, finished_at = null",
        (by,),
    )


async def step(connection: Connection) -> int:
    """Note the next requests to be counted anew; returns how many, 0 when nothing is asked for or left.

    Where it stands is kept with what it noted: after a crash it goes on there.
    """
    asked = await one(
        connection,
        "select after, coalesce(total, (select count(*) from cons.cons)) as total from rep.recount"
        " where finished_at is null for update",
    )
    if asked is None:
        return 0
    found = await one(
        connection,
        "with n as (select cons_id from cons.cons where %(after)s::uuid is null or cons_id > %(after)s order by cons_id"
        " limit %(limit)s), noted as (insert into rep.changed (cons_id) select cons_id from n)"
        " select count(*) as n, (array_agg(cons_id order by cons_id desc))[1] as last from n",
        {"after": asked["after"], "limit": BATCH},
    )
    count, last = (found["n"], found["last"]) if found else (0, None)
    await run(
        connection,
        "update rep.recount set after = coalesce(%(last)s, after), total = %(total)s, done = done + %(n)s,"
        " finished_at = case when %(n)s < %(limit)s then now() end",
        {"last": last, "total": asked["total"], "n": count, "limit": BATCH},
    )
    return int(count)


async def state(connection: Connection) -> dict[str, Any] | None:
    """How far the last one is: `done` of `total` (null before it began); None when none was ever asked for."""
    found = await one(connection, "select asked_at, total, done, finished_at from rep.recount")
    return dict(found) if found else None
