"""A named lock: one session has it, it ends with the block, and connections for it are used again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from clobus.core.db import SPARE, Database, advisory_lock, one, rows, run

IDLE = (
    "select pid from pg_stat_activity where datname = current_database() and query like '%%pg_advisory_unlock_all%%'"
    " and pid <> pg_backend_pid() order by 1"
)


async def idle(db: Database) -> list[int]:
    async with db.read() as connection:
        return [row["pid"] for row in await rows(connection, IDLE)]


@pytest.fixture
async def db(dsn: str):
    made = Database(dsn)
    await made.open()
    yield made
    await made.close()


async def test_a_lock_is_held_by_one_and_free_after_the_block(db: Database, dsn: str) -> None:
    other = Database(dsn)
    await other.open()
    try:
        for _ in range(3):
            async with (
                advisory_lock(db, "a") as mine, advisory_lock(other, "a") as his, advisory_lock(db, "a") as again,
            ):  # fmt: skip
                assert (mine, his, again) == (True, False, False)
            async with advisory_lock(other, "a") as his:
                assert his
    finally:
        await other.close()


async def test_a_lock_is_free_after_a_failure(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with advisory_lock(db, "a"):
            _ = 1 / 0
    async with advisory_lock(db, "a") as got:
        assert got


async def test_connections_are_used_again_and_few_are_kept(db: Database) -> None:
    seen = set()
    for _ in range(5):
        async with advisory_lock(db, "a"):
            pass
        seen.update(await idle(db))
    assert len(seen) == 1
    async with AsyncExitStack() as stack:
        for name in "abcd":
            assert await stack.enter_async_context(advisory_lock(db, name))
    assert len(await idle(db)) == SPARE


async def test_a_kept_connection_that_is_gone_is_replaced(db: Database) -> None:
    async with advisory_lock(db, "a"):
        pass
    [pid] = await idle(db)
    async with db.transaction() as connection:
        await run(connection, "select pg_terminate_backend(%s, 5000)", (pid,))
    async with advisory_lock(db, "a") as got:
        assert got
    assert await idle(db) != [pid]


async def test_none_is_left_when_the_database_is_closed(db: Database, dsn: str) -> None:
    other = Database(dsn)
    await other.open()
    async with advisory_lock(other, "a"):
        pass
    assert len(await idle(db)) == 1
    async with advisory_lock(other, "b"):
        await other.close()
    async with db.read() as connection:
        for _ in range(100):
            left = await one(
                connection,
                "select count(*) as n from pg_locks where locktype = 'advisory'"
                " and database = (select oid from pg_database where datname = current_database())",
            )
            if left == {"n": 0} and not await idle(db):
                return
            await asyncio.sleep(0.05)  # the server learns of a connection's end a moment later
    raise AssertionError(f"{left} locks, kept: {await idle(db)}")
