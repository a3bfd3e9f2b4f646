"""`clobus sync`: run a process of the sync by hand, or see how each one is."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer
from psycopg.rows import DictRow

from clobus import schedule
from clobus.commands import session
from clobus.core import clock
from clobus.core.db import one, rows
from clobus.modules.ops.alerts import stale_after
from clobus.parts import assemble
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="The processes of the sync.")
WAIT_SECONDS = 60.0


@app.command("run")
def run(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="A process as `sync status` names it: cons, clients…")],
) -> None:
    """Run one cycle now and tell what it did. Exit code 1 when it failed or a record of it did."""

    async def work(runtime: Runtime) -> DictRow | None:
        process = schedule.named(feed)
        if process is None:
            names = ", ".join(sorted(schedule.INTERVALS))
            typer.echo(f"error: there is no process {feed}; there are {names}", err=True)
            raise typer.Exit(2)
        async with runtime.db.transaction() as connection:
            await session.noted(connection, "sync.run", process.name)
        before = await _last(runtime, process.name)
        deadline = clock.monotonic() + WAIT_SECONDS
        while True:
            async with schedule.alone(runtime, process.name) as got:
                if got:
                    await process.cycle(assemble(runtime))
                    break
            if clock.monotonic() > deadline:
                typer.echo(f"error: the worker has been running {feed} for {WAIT_SECONDS:.0f} s", err=True)
                raise typer.Exit(2)
            await asyncio.sleep(0.2)
        async with runtime.db.read() as connection:
            return await one(connection, _CYCLE, {"process": process.name, "before": before})

    row = session.run(work)
    if row is None:
        typer.echo(f"{feed}: done; its cycles are not recorded")
    else:
        typer.echo(
            f"{row['process']}: {row['outcome']}, {row['read_count']:,} read, {row['created_count']:,} created,"
            f" {row['updated_count']:,} updated, {row['unchanged_count']:,} unchanged, {row['failed_count']:,} failed,"
            f" {row['duration_ms']:,} ms"
        )
        raise typer.Exit(0 if row["outcome"] == "ok" else 1)


_CYCLE = (  # a process of several sets makes a run for each
    "select process, case when count(*) filter (where outcome <> 'ok') = 0 then 'ok' else"
    " min(outcome) filter (where outcome <> 'ok') end as outcome, sum(read_count)::bigint as read_count,"
    " sum(created_count)::bigint as created_count, sum(updated_count)::bigint as updated_count,"
    " sum(unchanged_count)::bigint as unchanged_count, sum(failed_count)::bigint as failed_count,"
    " sum(duration_ms)::bigint as duration_ms from log.etl_runs"
    " where process = %(process)s and id > %(before)s group by process"
)


async def _last(runtime: Runtime, process: str) -> int:
    async with runtime.db.read() as connection:
        row = await one(connection, "select max(id) as id from log.etl_runs where process = %s", (process,))
    return (row["id"] if row else None) or 0


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the last run of each process, and whether it is stale."""

    async def work(runtime: Runtime) -> list[DictRow]:
        expected = schedule.expected(runtime.settings)
        async with runtime.db.read() as connection:
            found = await rows(
                connection,
                "select p.process, p.every, l.started_at, l.outcome, l.read_count, l.failed_count, l.duration_ms,"
                " l.error, extract(epoch from now() - s.finished_at)::float8 as seconds_since_success"
                " from unnest(%s::text[], %s::float8[]) as p (process, every) left join lateral (select * from"
                " log.etl_runs r where r.process = p.process order by id desc limit 1) l on true left join lateral"
                " (select finished_at from log.etl_runs r where r.process = p.process and outcome in ('ok', 'partial')"
                " order by id desc limit 1) s on true",
                (list(expected), list(expected.values())),
            )
        for row in found:
            age = row["seconds_since_success"]
            row["stale"] = age is None or age > stale_after(row["every"])
        return found

    found = session.run(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    for row in found:
        age = row["seconds_since_success"]
        typer.echo(
            f"{row['process']:<22} {row['outcome'] or 'never':<8} every {row['every']:>6.0f} s"
            f"  {'' if age is None else f'{age:,.0f} s ago':>12}  {row['read_count'] or 0:>8,} read"
            f"  {'STALE' if row['stale'] else ''}  {row['error'] or ''}".rstrip()
        )
