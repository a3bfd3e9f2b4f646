"""What the quick way of a creation rests on: batches, pipelines, news after the commit, connections that died."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import psycopg
import pytest

from clobus.core import outbox, signals
from clobus.core.batching import Batcher
from clobus.core.db import Database, one, run
from clobus.core.ids import new_id


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


async def test_what_comes_meanwhile_is_served_together() -> None:
    batches: list[list[int]] = []
    busy = 0

    async def serve(items: Sequence[int], rest_is_waiting: Callable[[], None]) -> list[int]:
        nonlocal busy
        assert busy == 0, "two batches at work at once"
        busy += 1
        batches.append(list(items))
        await asyncio.sleep(0.01)
        if 7 in items:
            busy -= 1
            raise ValueError("seven")
        busy -= 1
        rest_is_waiting()
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    batcher = Batcher(serve, limit=5)
    first = asyncio.create_task(batcher.add(0))
    await asyncio.sleep(0.005)
    results = await asyncio.gather(*(batcher.add(n) for n in range(1, 12)), return_exceptions=True)
    assert await first == 0
    assert batches == [[0], [1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11]]
    assert results[:5] == [2, 4, 6, 8, 10]
    assert all(isinstance(result, ValueError) for result in results[5:10])
    assert results[10] == 22


async def test_a_connection_that_the_server_ended_is_not_given_out(db: Database, dsn: str) -> None:
    async with db.read() as connection:
        row = await one(connection, "select pg_backend_pid() as pid")
    assert row is not None
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", (row["pid"],))
    await asyncio.sleep(0.1)
    async with db.transaction() as connection:
        again = await one(connection, "select pg_backend_pid() as pid")
    assert again is not None
    assert again["pid"] != row["pid"]


async def test_a_living_connection_is_given_out_without_a_word(db: Database, dsn: str) -> None:
    """The check of the pool costs no statement: what the session ran last is what we ran."""
    async with db.read() as connection:
        row = await one(connection, "select pg_backend_pid() as pid")
    assert row is not None
    async with db.read():
        with psycopg.connect(dsn, autocommit=True) as other:
            seen = other.execute("select query from pg_stat_activity where pid = %s", (row["pid"],)).fetchone()
    assert seen == ("select pg_backend_pid() as pid",)


async def insert(db: Database, *keys: str, falls: bool = False) -> None:
    async with db.pipeline() as connection:
        for key in keys:
            await run(connection, "insert into sys.settings (key, value) values (%s, '1')", (key,))
        if falls:
            raise ZeroDivisionError


async def test_a_pipeline_is_a_transaction(db: Database) -> None:
    async with db.pipeline() as connection:
        await run(connection, "insert into sys.settings (key, value) values ('a', '1')")
        found = await one(connection, "select value from sys.settings where key = 'a'")
    assert found == {"value": 1}

    with pytest.raises(psycopg.IntegrityError):
        await insert(db, "b", "a")
    with pytest.raises(ZeroDivisionError):
        await insert(db, "c", falls=True)
    async with db.read() as connection:
        assert await one(connection, "select count(*) as n from sys.settings") == {"n": 1}


async def test_news_come_with_the_commit_and_not_without(db: Database) -> None:
    async with db.signals.waiter("clobus_test", "a") as first, db.signals.waiter("clobus_test", "b") as second:
        await asyncio.sleep(0.2)  # the ear is open
        with contextlib.suppress(ZeroDivisionError):
            async with db.transaction() as connection:
                await signals.tell(connection, "clobus_test", "b")
                raise ZeroDivisionError
        async with db.transaction() as connection:
            await signals.tell(connection, "clobus_test", "a")
            await asyncio.sleep(0.1)
            assert not first.is_set()
        await asyncio.wait_for(first.wait(), 2)
        assert not second.is_set()


async def test_a_touch_wakes_the_dispatcher_of_another_process(db: Database, dsn: str) -> None:
    handled = asyncio.Event()

    async def handle(kind: str, subject: object) -> None:
        handled.set()

    other = Database(dsn)
    await other.open()
    stop = asyncio.Event()
    dispatcher = outbox.Dispatcher(other, "onec", handle)
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.listen(other, [dispatcher], stop))
        group.create_task(dispatcher.run(stop, poll_seconds=30))
        await asyncio.sleep(0.5)
        async with db.transaction() as connection:
            await outbox.touch(connection, "onec", "consultation", [new_id()])
        await asyncio.wait_for(handled.wait(), 3)
        stop.set()
        dispatcher.wake()
    await other.close()
