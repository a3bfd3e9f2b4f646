"""Runs of processes as series, and the differences that stand: what the operations page draws and lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound

POINTS = 96
SERIES = """
select process, to_timestamp(floor(extract(epoch from started_at) / %(step)s) * %(step)s) as at, count(*)::int as runs,
       count(*) filter (where outcome in ('failed', 'lost'))::int as failed, coalesce(sum(read_count), 0)::int as read,
       coalesce(sum(created_count + updated_count), 0)::int as changed, coalesce(sum(failed_count), 0)::int as refused,
       (percentile_cont(0.5) within group (order by duration_ms))::int as p50, max(duration_ms) as longest
from log.etl_runs where started_at > now() - %(over)s and (%(process)s::text is null or process = %(process)s)
group by 1, 2 order by 1, 2
"""
LAST = (
    "select id, process, trigger, started_at, finished_at, duration_ms, outcome, read_count as read,"
    " created_count as created, updated_count as updated, failed_count as failed, error_class, error"
    " from log.etl_runs where (%(process)s::text is null or process = %(process)s)"
    " and (not %(bad)s or outcome in ('failed', 'lost', 'partial')) order by id desc limit %(limit)s"
)
DRIFT = (
    "select d.consultation, d.kind, d.systems, d.detail, d.since, d.seen_at, c.number, c.cons_id is not null as request"
    " from sys.drift d left join cons.cons c on c.cons_id::text = d.consultation"
)


async def series(connection: Connection, over: timedelta, process: str | None = None) -> list[dict[str, Any]]:
    """Runs by process in points of equal length, oldest first."""
    step = max(60.0, over.total_seconds() / POINTS)
    found = await rows(connection, SERIES, {"over": over, "step": step, "process": process})
    return [dict(row) for row in found]


async def last(
    connection: Connection, *, process: str | None = None, bad: bool = False, limit: int = 50
) -> list[dict[str, Any]]:  # fmt: skip
    """Runs, newest first; `bad` only those that did not come through whole."""
    return [dict(row) for row in await rows(connection, LAST, {"process": process, "bad": bad, "limit": limit})]


async def drift(connection: Connection, *, skip: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Differences that stand, the oldest first; `request` whether the name is our id of a request."""
    found = await rows(
        connection, f"{DRIFT} order by d.since, d.consultation, d.kind offset %s limit %s", (skip, limit)  # noqa: S608 - text of ours, values are parameters
    )  # fmt: skip
    return [dict(row) for row in found]


async def one_drift(connection: Connection, name: str, kind: str) -> dict[str, Any]:
    """One difference; NotFound when it stands no more."""
    found = await one(connection, f"{DRIFT} where d.consultation = %s and d.kind = %s", (name, kind))  # noqa: S608 - text of ours, values are parameters
    if found is None:
        raise NotFound("drift.over")
    return dict(found)


async def drift_counts(connection: Connection) -> dict[str, int]:
    """How many differences stand of each kind."""
    found = await rows(connection, "select kind, count(*)::int as n from sys.drift group by 1 order by 2 desc, 1")
    return {row["kind"]: row["n"] for row in found}


async def alerts(connection: Connection) -> list[dict[str, Any]]:
    """What is wrong now, and what was over lately: `text` is a key of the catalogues with its parameters."""
    found = await rows(
        connection,
        "select key, text, raised_at, over_at from sys.alerts where over_at is null or over_at > now() - interval"
        " '1 day' order by over_at is not null, raised_at desc limit 50",
    )
    return [dict(row) for row in found]
