"""Full load, re-read, increment and sweep: ours, the floor and others over the same source and server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.blocks import HERE, PEERS, Bench, bench, prepare_peers, source

ROWS_ONE_BY_ONE = 5_000
WARM = 30_000
CONTENT = """select md5(string_agg(t, '' order by t)) from (
 select to_jsonb(c) - '{cons_id,created_at,updated_at}'::text[] || jsonb_build_object('lines', (select jsonb_agg(
  to_jsonb(q) - '{cons_id,created_at}'::text[] order by section, line_number) from cons.q_and_a q
  where q.cons_id = c.cons_id)) as t from cons.cons c) rows (j) cross join lateral (select j::text as t) texts"""
OURS = "load"


def command(contestant: str, url: str, dsn: str) -> list[str]:
    """How a contestant is started."""
    if contestant in ("dlt", "sling"):
        return [str(PEERS), str(HERE / "peers" / f"{contestant}_load.py"), url, dsn]
    if contestant == "row_by_row":
        return [str(PEERS), "-m", "benchmarks.peers.row_by_row", url, dsn, str(ROWS_ONE_BY_ONE)]
    module = "floor" if contestant.startswith("floor") else "engine"
    return [sys.executable, "-m", f"benchmarks.{module}", contestant, url, dsn]


def _load(one: Bench, contestant: str, url: str, block: int, total: int) -> dict[str, Any]:
    template = "bench_template" if contestant == OURS else "template0"
    with one.server.database(f"bench_{contestant}", template=template) as dsn:
        count = min(total, ROWS_ONE_BY_ONE) if contestant == "row_by_row" else total
        row = one.measure(contestant, command(contestant, url, dsn), block, count, total=total, kept=False)
        if contestant == "sling":
            row["created"] = one.server.execute('select count(*) from "docs"', "bench_sling")[0][0]
        if row["created"] != count:
            raise SystemExit(f"{contestant} wrote {row['created']} of {count}")
    return row


def load(data: Path, total: int, blocks: int, contestants: list[str]) -> None:
    """A first load of all documents into an empty database."""
    if {"dlt", "sling", "row_by_row"} & set(contestants):
        prepare_peers()
    with source(total) as url, bench("load", data) as one:
        # A server that has just started pays for its memory and its log files: nobody's row.
        for contestant in ("floor", OURS) if total <= WARM else ():
            _load(one, contestant, url, 0, total)
        for block in range(blocks):
            turn = (one.first + block) % len(contestants)
            for contestant in contestants[turn:] + contestants[:turn]:
                one.quietly(partial(_load, one, contestant, url, block, total))


PARTS = ("load", "reread", "sweep", "increments")


def follow(data: Path, total: int, blocks: int, parts: Sequence[str] = PARTS) -> None:
    """A first load; the same once more with nothing changed, sweeps, and increments of a hundred changes.

    Each part finds the database as the one before left it, so that they may be run apart, `increments` last: the source
    forgets its changes with its process.
    """
    with source(total) as url, bench("follow", data) as one:
        dsn = one.server.server.url(f"bench_follow_{total}")
        if "load" in parts:
            one.quietly(partial(_first, one, url, total))
            # What autovacuum does to a table of this size before long; it is off here.
            one.server.execute("vacuum analyze", f"bench_follow_{total}")

        def again(what: str, block: int, count: int) -> None:
            one.quietly(partial(one.measure, what, command(what, url, dsn), block, count, total=total, kept=False))

        for block in range(blocks if "reread" in parts else 0):
            one.server.execute("update sys.sync_state set last_synced_at = '2015-01-01'", f"bench_follow_{total}")
            one.server.execute("checkpoint")
            again("reread", block, total)
        for block in range(blocks if "sweep" in parts else 0):
            again("sweep", block, total)
        for block in range(blocks if "increments" in parts else 0):
            again("increments", block, 100)
        if "increments" in parts:
            again("overlapping", 0, 100)
            again("sweep_silent", 0, total)


def _first(one: Bench, url: str, total: int) -> dict[str, Any]:
    with one.server.database(f"bench_follow_{total}") as dsn:
        return one.measure("load", command(OURS, url, dsn), 0, total, total=total, kept=False)


def flight(data: Path, total: int, blocks: int) -> None:
    """A first load from a base that takes half a second a page: one page at a time, two, four."""
    with source(total, delay=0.5) as url, bench("flight", data) as one:
        for block in range(blocks):
            for pages in (1, 2, 4)[:: 1 if block % 2 else -1]:
                with one.server.database("bench_flight") as dsn:
                    what = f"flight{pages}"
                    row = one.measure(what, command(what, url, dsn), block, total, total=total, kept=False)
                    row["content"] = one.server.execute(CONTENT, "bench_flight")[0][0]
                    one.keep(row)
