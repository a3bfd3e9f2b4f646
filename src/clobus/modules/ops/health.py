"""The state of ourselves, read from the tables that the work leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clobus.core.db import Connection, rows

GRACE = 60.0

PROCESSES = """
select p.name, r.outcome as last_outcome, r.started_at as last_started, r.duration_ms, r.read_count, r.created_count,
       r.updated_count, r.failed_count, r.error, ok.finished_at as last_success,
       extract(epoch from now() - coalesce(ok.finished_at, (select min(started_at) from log.etl_runs)))::float8 as lag,
       (select count(*) from log.etl_runs e where e.process = p.name and e.outcome = 'failed'
        and e.started_at > now() - interval '1 hour') as errors
from unnest(%s::text[]) as p (name)
left join lateral (select * from log.etl_runs e where e.process = p.name order by id desc limit 1) r on true
left join lateral (select finished_at from log.etl_runs e where e.process = p.name and e.outcome in ('ok', 'partial')
                   order by id desc limit 1) ok on true
"""


async def processes(connection: Connection, intervals: Mapping[str, float]) -> list[dict[str, Any]]:
    """Each process: its last run, lag in seconds (of one that has not come through yet: since our first run), errors of
    the last hour; stale after three missed beats.
    """
    found = []
    for row in await rows(connection, PROCESSES, (list(intervals),)):
        allowed = 3 * intervals[row["name"]] + GRACE
        found.append(
            {**row, "every": intervals[row["name"]], "stale": row["lag"] is None or row["lag"] > allowed}
        )  # fmt: skip
    return found


async def queues(connection: Connection) -> list[dict[str, Any]]:
    """How much waits where."""
    return [
        dict(row)
        for row in await rows(
            connection,
            "select 'outbox_' || system as queue, state, count(*) as n from sys.outbox group by 1, 2 union all"
            " select 'inbox', state, count(*) from log.webhook_log where state in ('new', 'claimed', 'dead')"
            " group by 2 union all select 'messages', state, count(*) from log.notification_log"
            " where state in ('queued', 'sending', 'unknown', 'failed') group by 2 union all"
            " select 'records', state, count(*) from sys.bad_records group by 2 order by 1, 2",
        )
    ]
