"""`clobus worker`: the first load, then everything that goes on by itself until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from clobus import loops, schedule
from clobus.core import clock, memory, runs
from clobus.core.db import one
from clobus.core.errors import ClobusError, Unavailable
from clobus.parts import Parts, assemble
from clobus.runtime import Runtime
from clobus.schedule import SCHEDULE, Process

log = structlog.get_logger()

FIRST_LOAD = "first_load"
SETTLE_SECONDS = 120.0
GRACE_SECONDS = 6.0
DATABASE_AWAY = (OperationalError, PoolTimeout)


async def run_worker(runtime: Runtime, stop: asyncio.Event) -> None:
    """Work until `stop` is set; partners and the database may be away at start and at any time.

    What has not ended a few seconds after `stop` is cut off: everything here may be ended at any moment.
    """
    tasks: list[asyncio.Task[None]] = []
    main = asyncio.create_task(_work(runtime, stop, tasks), name="worker")
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({main, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        everything = [main, *tasks]
        _, late = await asyncio.wait(everything, timeout=GRACE_SECONDS)
        for task in [*late, waiting]:
            task.cancel()
        results = await asyncio.gather(*everything, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _work(runtime: Runtime, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    parts = assemble(runtime)
    await _first_load(parts, stop)
    if stop.is_set():
        return
    for name, start in loops.all_loops(parts).items():
        tasks.append(asyncio.create_task(_kept_up(name, start, stop), name=name))
    for process in SCHEDULE:
        tasks.append(asyncio.create_task(_repeat(parts, process, stop), name=process.name))
    await _settle(runtime, stop)
    await stop.wait()


async def _kept_up(name: str, start: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a loop that should only end with `stop`; one that falls is started again."""
    while not stop.is_set():
        try:
            await start(stop)
        except DATABASE_AWAY as error:
            log.warning("worker.database_away", loop=name, error=type(error).__name__)
        except Exception:  # a bug in one loop must not end the others; it is in the log with its trace
            log.exception("worker.loop_fell", loop=name)
        await _pause(stop, random.uniform(0.5, 2))  # noqa: S311 - a jitter


async def _repeat(parts: Parts, process: Process, stop: asyncio.Event) -> None:
    """Run the cycles of one process, each by one worker only, at a steady beat with a jitter."""
    every = process.every / parts.runtime.settings.speed
    await _pause(stop, random.uniform(0, min(every, process.first)))  # noqa: S311 - a jitter
    while not stop.is_set():
        began = clock.monotonic()
        await _cycle(parts, process)
        spent = clock.monotonic() - began
        await _pause(stop, max(0.05, every * random.uniform(0.9, 1.1) - spent))  # noqa: S311 - a jitter


async def _cycle(parts: Parts, process: Process) -> bool:
    """Run one cycle if no other worker does; True when it came through here."""
    try:
        async with schedule.alone(parts.runtime, process.name) as got:
            if got:
                await process.cycle(parts)
                return True
    except ClobusError as error:
        log.warning("worker.cycle_failed", process=process.name, error=str(error))
    except DATABASE_AWAY as error:
        log.warning("worker.database_away", process=process.name, error=type(error).__name__)
    except Exception:  # a bug in one process must not end the others; its run is recorded as failed
        log.exception("worker.cycle_fell", process=process.name)
    return False


async def _first_load(parts: Parts, stop: asyncio.Event) -> None:
    """Bring everything in once, in order; goes on where a worker before this one was ended."""
    while not stop.is_set():
        try:
            async with schedule.alone(parts.runtime, FIRST_LOAD) as got:
                if got and await _phases(parts, stop):
                    return
                if not got and await _is_done(parts.runtime):
                    return
        except DATABASE_AWAY as error:
            log.warning("worker.database_away", process=FIRST_LOAD, error=type(error).__name__)
        await _pause(stop, 1.0)


async def _phases(parts: Parts, stop: asyncio.Event) -> bool:
    """Run what has not come through yet; True when nothing is left."""
    known = await _progress(parts.runtime)
    done = set(known.get("phases", []))
    for phase in schedule.first_load():
        wait = 0.5
        while phase.name not in done:
            if stop.is_set():
                return False
            log.info("worker.first_load", phase=phase.name)
            if await _cycle(parts, phase):
                done.add(phase.name)
                await _remember(parts.runtime, {**known, "phases": sorted(done)})
            else:
                await _pause(stop, random.uniform(0.5, 1) * wait)  # noqa: S311 - a jitter
                wait = min(15.0, wait * 2)
    return True


async def _settle(runtime: Runtime, stop: asyncio.Event) -> None:
    """The first load is over when what it found adrift has been put right, or after a while in any case."""
    while not stop.is_set():
        try:
            async with schedule.alone(runtime, FIRST_LOAD) as got:
                if await _is_done(runtime):
                    return
                if got and await _settled(runtime, stop):
                    log.info("worker.up")
                    return
        except DATABASE_AWAY as error:
            log.warning("worker.database_away", process=FIRST_LOAD, error=type(error).__name__)
        except Unavailable:
            return
        await _pause(stop, 1.0)


async def _settled(runtime: Runtime, stop: asyncio.Event) -> bool:
    deadline = clock.monotonic() + SETTLE_SECONDS
    async with runs.record(runtime.db, FIRST_LOAD, "start") as this:
        while not stop.is_set():
            async with runtime.db.read() as connection:
                row = await one(connection, "select count(*) as left from sys.outbox where state <> 'dead'")
            left = int(row["left"]) if row else 0
            this.expected = max(this.expected or 0, left)
            this.read = this.expected - left
            await this.progress()
            if left == 0 or clock.monotonic() > deadline:
                known = await _progress(runtime)
                await _remember(runtime, {**known, "state": "done"})
                return True
            await _pause(stop, 0.3)
        raise Unavailable("worker.stopped")


async def _is_done(runtime: Runtime) -> bool:
    return (await _progress(runtime)).get("state") == "done"


async def _progress(runtime: Runtime) -> dict[str, Any]:
    async with runtime.db.read() as connection:
        return dict(await memory.recall(connection, FIRST_LOAD) or {})


async def _remember(runtime: Runtime, value: dict[str, Any]) -> None:
    async with runtime.db.read() as connection:
        await memory.remember(connection, FIRST_LOAD, value)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
