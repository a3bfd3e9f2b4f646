"""Posting, bare or out of the outbox, in a process of its own: `python -m benchmarks.pusher WHAT SINK DSN COUNT`.

`bare` posts from a list in memory with as many tasks as the dispatcher has; `outbox` is core.outbox.Dispatcher with a
handler that does the same one post; `rest` is the same over what stands in the outbox already, until nothing does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from typing import Any
from uuid import UUID

import httpx
import structlog
import uvloop

from clobus.core import outbox
from clobus.core.db import Database, rows, run
from clobus.core.ids import new_id

TASKS = 4
LEASE = 3.0


async def post(client: httpx.AsyncClient, identity: UUID) -> None:
    """One push."""
    answer = await client.post(f"/push/{identity}", json={"id": str(identity), "status": "resolved"})
    answer.raise_for_status()


async def bare(client: httpx.AsyncClient, ids: list[UUID]) -> None:
    """Nothing but posting."""
    left = iter(ids)

    async def work() -> None:
        for identity in left:
            await post(client, identity)

    await asyncio.gather(*(work() for _ in range(TASKS)))


async def drain(db: Database, client: httpx.AsyncClient) -> None:
    """All of the outbox, and what dead pushers had claimed."""

    async def handle(_: str, identity: UUID) -> None:
        await post(client, identity)

    dispatcher = outbox.Dispatcher(db, "chatwoot", handle, concurrency=TASKS, lease=LEASE)
    while True:
        if await dispatcher.drain_once():
            continue
        async with db.read() as connection:
            if not await rows(connection, "select 1 from sys.outbox where state <> 'dead' limit 1"):
                return
        await asyncio.sleep(0.1)


async def work(what: str, sink: str, dsn: str, count: int) -> dict[str, Any]:
    """Post so many."""
    db = Database(dsn)
    await db.open()
    ids = [new_id() for _ in range(count)]
    limits = httpx.Limits(max_connections=TASKS, max_keepalive_connections=TASKS)
    async with httpx.AsyncClient(base_url=sink, limits=limits) as client:
        if what != "rest":
            await post(client, ids[0])
        if what == "outbox":
            async with db.transaction() as connection:
                await outbox.touch(connection, "chatwoot", "consultation", ids)
            async with db.read() as connection:
                await run(connection, "analyze sys.outbox")
        gc.collect()
        gc.freeze()
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        started, used = time.perf_counter(), time.process_time()
        if what != "bare":
            await drain(db, client)
        else:
            await bare(client, ids)
        result = {"wall": time.perf_counter() - started, "cpu_run": time.process_time() - used}
    await db.close()
    return result


def main() -> None:
    """Run and tell."""
    what, sink, dsn, count = sys.argv[1:5]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(20))
    sys.stdout.write(json.dumps(uvloop.run(work(what, sink, dsn, int(count)))) + "\n")


if __name__ == "__main__":
    main()
