"""Full load, re-read, increment and sweep: ours, the floor and others over the same source and server."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.blocks import HERE, PEERS, Bench, bench, prepare_peers, source

ROWS_ONE_BY_ONE = 5_000
OURS = "load"


def command(contestant: str, url: str, dsn: str) -> list[str]:
    """How a contestant is started."""
    if contestant in ("dlt", "sling"):
        return [str(PEERS), str(HERE / "peers" / f"{contestant}_load.py"), url, dsn]
    if contestant == "row_by_row":
        return [sys.executable, "-m", "benchmarks.peers.row_by_row", url, dsn, str(ROWS_ONE_BY_ONE)]
    module = "floor" if contestant.startswith("floor") else "engine"
    return [sys.executable, "-m", f"benchmarks.{module}", contestant, url, dsn]


def _load(one: Bench, contestant: str, url: str, block: int, total: int) -> None:
    template = "bench_template" if contestant == OURS else "template0"
    with one.server.database(f"bench_{contestant}", template=template) as dsn:
        count = min(total, ROWS_ONE_BY_ONE) if contestant == "row_by_row" else total
        row = one.measure(contestant, command(contestant, url, dsn), block, count, total=total)
        if contestant == "sling":
            row["created"] = one.server.execute('select count(*) from "docs"', "bench_sling")[0][0]
        if row["created"] != count:
            raise SystemExit(f"{contestant} wrote {row['created']} of {count}")


def load(data: Path, total: int, blocks: int, contestants: list[str]) -> None:
    """A first load of all documents into an empty database."""
    if {"dlt", "sling"} & set(contestants):
        prepare_peers()
    with source(total) as url, bench("load", data) as one:
        for block in range(blocks):
            turned = contestants[block % len(contestants) :] + contestants[: block % len(contestants)]
            for contestant in turned:
                _load(one, contestant, url, block, total)


def follow(data: Path, total: int, blocks: int) -> None:
    """After a first load: the same once more with nothing changed, increments of a hundred changes, and sweeps."""
    with source(total) as url, bench("follow", data) as one:
        with one.server.database("bench_follow") as dsn:
            one.measure("load", command(OURS, url, dsn), 0, total, total=total)
        # What autovacuum does to a table of this size before long; it is off here.
        one.server.execute("vacuum analyze", "bench_follow")
        for block in range(blocks):
            one.server.execute("update sys.sync_state set last_synced_at = '2015-01-01'", "bench_follow")
            one.server.execute("checkpoint")
            one.measure("reread", command(OURS, url, dsn), block, total, total=total)
        for block in range(blocks):
            one.measure("increments", command("increments", url, dsn), block, 100, total=total)
        one.measure("overlapping", command("overlapping", url, dsn), 0, 100, total=total)
        for block in range(blocks):
            one.measure("sweep", command("sweep", url, dsn), block, total, total=total)
        one.measure("sweep_silent", command("sweep_silent", url, dsn), 0, total, total=total)
