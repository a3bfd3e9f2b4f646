"""How partners were found, look by look: whether they answered, how quickly, and what our breaker did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clobus.core.db import Connection, rows, run

POINTS = 120
"""So many points a series has at most, however long the time is."""
SUMMARY = """
select s.system, l.at, l.answers, l.millis, l.breaker, l.error, a.updated_at as away_since, d.looks, d.answered,
       d.p50, d.p95
from unnest(array['onec', 'chatwoot']) as s (system)
left join lateral (select * from log.partner_looks p where p.system = s.system order by p.at desc limit 1) l on true
left join sys.settings a on a.key = 'away:' || s.system
left join lateral (select count(*)::int as looks, count(*) filter (where p.answers)::int as answered,
    percentile_cont(0.5) within group (order by p.millis) filter (where p.answers) as p50,
    percentile_cont(0.95) within group (order by p.millis) filter (where p.answers) as p95
    from log.partner_looks p where p.system = s.system and p.at > now() - %(over)s) d on true
"""
SERIES = """
select system, to_timestamp(floor(extract(epoch from at) / %(step)s) * %(step)s) as at,
       count(*)::int as looks, count(*) filter (where answers)::int as answered,
       percentile_cont(0.5) within group (order by millis) filter (where answers) as p50, max(millis) as longest,
       bool_or(breaker <> 'closed') as broken
from log.partner_looks where at > now() - %(over)s group by 1, 2 order by 1, 2
"""


async def note(
    connection: Connection, system: str, *, answers: bool, millis: int, breaker: str, error: str | None
) -> None:  # fmt: skip
    """Remember a look; `breaker` is the state of the looker's own."""
    await run(
        connection,
        "insert into log.partner_looks (system, answers, millis, breaker, error) values (%s, %s, %s, %s, %s)",
        (system, answers, millis, breaker, error),
    )


async def summary(connection: Connection, over: timedelta) -> list[dict[str, Any]]:
    """Each partner: the last look, since when it is away, and availability and milliseconds over a while."""
    return [dict(row) for row in await rows(connection, SUMMARY, {"over": over})]


async def series(connection: Connection, over: timedelta) -> list[dict[str, Any]]:
    """The same as points of equal length, oldest first."""
    step = max(15.0, over.total_seconds() / POINTS)
    return [dict(row) for row in await rows(connection, SERIES, {"over": over, "step": step})]
