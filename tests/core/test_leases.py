"""Claimed work stays with a worker that lives, however slow the partner is, and comes free when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from clobus.core import inbox, outbox
from clobus.core.db import Database

LEASE = 0.6


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn, max_size=6)
    await database.open()
    yield database
    await database.close()


async def test_a_slow_push_is_not_taken_over(db: Database) -> None:
    pushed: list[UUID] = []

    async def slow(_: str, id_: UUID) -> None:
        pushed.append(id_)
        await asyncio.sleep(LEASE * 2)

    ids = [uuid4() for _ in range(4)]
    async with db.transaction() as connection:
        await outbox.touch(connection, "onec", "consultation", ids)
    first, second = (outbox.Dispatcher(db, "onec", slow, concurrency=2, lease=LEASE) for _ in range(2))
    working = asyncio.create_task(first.drain_once())
    while not working.done():
        await asyncio.sleep(0.1)
        if pushed:
            await second.drain_once()
    assert sorted(pushed) == sorted(ids)


async def test_pushes_of_a_dead_worker_come_free(db: Database) -> None:
    pushed: list[UUID] = []

    async def push(_: str, id_: UUID) -> None:
        pushed.append(id_)

    async with db.transaction() as connection:
        await outbox.touch(connection, "onec", "consultation", [uuid4()])
    dispatcher = outbox.Dispatcher(db, "onec", push, lease=LEASE)
    assert len(await dispatcher._claim()) == 1
    assert await dispatcher.drain_once() == 0
    await asyncio.sleep(LEASE + 0.1)
    assert await dispatcher.drain_once() == 1
    assert len(pushed) == 1


async def test_a_slow_message_is_not_taken_over(db: Database) -> None:
    handled: list[int] = []

    async def slow(_: str | None, messages: Sequence[inbox.Message]) -> str:
        handled.extend(message.id for message in messages)
        await asyncio.sleep(LEASE * 2)
        return "handled"

    async with db.transaction() as connection:
        await inbox.store(connection, "chatwoot", "1", "message_created", "7", {})
    first, second = (inbox.Processor(db, "chatwoot", slow, lease=LEASE) for _ in range(2))
    working = asyncio.create_task(first.drain_once())
    while not working.done():
        await asyncio.sleep(0.1)
        if handled:
            await second.drain_once()
    assert len(handled) == 1
