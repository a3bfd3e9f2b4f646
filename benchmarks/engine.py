"""Ours: the real engine in a process of its own. `python -m benchmarks.engine WHAT SOURCE DSN` prints JSON."""

from __future__ import annotations

import gc
import json
import sys
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import structlog
import uvloop

from clobus import event_handlers
from clobus.core import events
from clobus.core.db import Database, one
from clobus.core.runs import Run
from clobus.gateways.onec.client import open_onec
from clobus.sync.onec import sweep
from clobus.sync.onec.feed import Context
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.onec.pull import Reader, run_feed

ZONE = ZoneInfo("Asia/Tashkent")
FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")
CYCLES, CHANGES = 10, 100
FLIGHT = 2
"""As the setting is when nothing is said."""
# Further apart than the overlap of the windows: a cycle reads its own changes and no older ones; and closer.
APART, CLOSE = timedelta(seconds=700), timedelta(seconds=120)


async def open_reader(source: str, dsn: str, flight: int = FLIGHT) -> Reader:
    """The engine's own parts, wired as the worker wires them."""
    events.configure(event_handlers.REACTIONS)
    db = Database(dsn)
    await db.open()
    onec = open_onec(source, "bench", "bench", zone=ZONE, connections=max(2, flight))
    await onec.page(CONSULTATIONS.entity, top=1)  # a worker has its connection already
    return Reader(onec, db, Context(ZONE, FOLDER), flight=flight)


async def once(what: str, reader: Reader) -> dict[str, Any]:
    """One run of the feed or of the sweep."""
    started, used = time.perf_counter(), time.process_time()
    run: Run = await (sweep.sweep if what.startswith("sweep") else run_feed)(reader, CONSULTATIONS)
    return {"wall": time.perf_counter() - started, "cpu_run": time.process_time() - used, "read": run.read,
            "created": run.created, "updated": run.updated, "failed": run.failed,
            "unchanged": run.unchanged}  # fmt: skip


async def cycles(reader: Reader, source: str, apart: timedelta) -> dict[str, Any]:
    """Cycles of a running worker, each after a hundred documents have changed."""
    async with reader.db.read() as connection:
        row = await one(connection, "select max(changed_date) as last from cons.cons")
    assert row is not None
    at: datetime = row["last"].astimezone(ZONE).replace(tzinfo=None)
    walls, cpus, reads = [], [], []
    async with httpx.AsyncClient(base_url=source, timeout=60) as client:
        for _ in range(CYCLES + 1):
            at += apart
            await client.post(f"/_change?n={CHANGES}&at={at.isoformat()}")
            seen = await once("load", reader)
            if seen["updated"] != CHANGES:
                raise SystemExit(f"{seen['updated']} of {CHANGES} changes were seen")
            walls.append(seen["wall"])
            cpus.append(seen["cpu_run"])
            reads.append(seen["read"])
    # The first one warms the plans and caches that a running worker has.
    return {"wall": sorted(walls[1:])[CYCLES // 2], "walls": [round(wall, 4) for wall in walls[1:]],
            "cpu_run": sum(cpus[1:]) / CYCLES, "read": sum(reads[1:]) / CYCLES}  # fmt: skip


async def work(what: str, source: str, dsn: str) -> dict[str, Any]:
    """Do what was asked for, in a process that is warm."""
    reader = await open_reader(source, dsn, int(what[len("flight") :]) if what.startswith("flight") else FLIGHT)
    gc.collect()
    gc.freeze()  # as the worker does after its start
    try:
        if what in ("increments", "overlapping"):
            return await cycles(reader, source, APART if what == "increments" else CLOSE)
        if what == "sweep_silent":
            async with httpx.AsyncClient(base_url=source, timeout=60) as client:
                await client.post(f"/_change?n={CHANGES}&silent=1")
        return await once(what, reader)
    finally:
        await reader.onec.close()
        await reader.db.close()


def main() -> None:
    """Run and tell."""
    what, source, dsn = sys.argv[1:4]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(20))
    result = uvloop.run(work(what, source, dsn))
    with open("/proc/self/status", encoding="ascii") as status:
        result["rss"] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
