"""What becomes of a push that fails: later, for good, or once more because it was wanted anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from clobus.core import outbox
from clobus.core.db import Database, rows, run
from clobus.core.errors import GatewayDown, Refused


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn, max_size=4)
    await database.open()
    yield database
    await database.close()


async def wanted(db: Database) -> UUID:
    subject = uuid4()
    async with db.transaction() as connection:
        await outbox.touch(connection, "onec", "consultation", [subject])
    return subject


async def left(db: Database) -> list[dict[str, Any]]:
    async with db.read() as connection:
        await run(connection, "update sys.outbox set next_at = now() where state = 'pending'")
        return [dict(row) for row in await rows(connection, "select state, attempts, error_class from sys.outbox")]


async def test_a_refusal_is_a_dead_letter_when_it_lasts_and_can_be_wanted_again(db: Database) -> None:
    answers: list[Exception] = [
        GatewayDown("onec", "no connection"),
        *[Refused("onec", "PATCH answered 500", status=500)] * 5,
    ]

    async def refuse(_: str, __: UUID) -> None:
        raise answers.pop(0)

    subject = await wanted(db)
    dispatcher = outbox.Dispatcher(db, "onec", refuse)
    states = []
    for minutes in (0, 2, 0, 0, 2):  # being away for long is no refusal, and a burst of refusals is none that lasts
        async with db.transaction() as connection:
            since = f"update sys.outbox set first_at = first_at - interval '{minutes} min',"
            await run(connection, f"{since} refused_at = refused_at - interval '{minutes} min'")
        assert await dispatcher.drain_once() == 1
        states.append((await left(db))[0]["state"])
    assert states == ["pending", "pending", "pending", "pending", "dead"]
    assert await dispatcher.drain_once() == 0
    async with db.transaction() as connection:
        await outbox.touch(connection, "onec", "consultation", [subject])
    assert await left(db) == [{"state": "pending", "attempts": 0, "error_class": "Refused"}]


async def test_a_partner_that_is_away_is_waited_for(db: Database) -> None:
    async def away(_: str, __: UUID) -> None:
        raise GatewayDown("onec", "no connection")

    await wanted(db)
    dispatcher = outbox.Dispatcher(db, "onec", away)
    for _ in range(8):
        await dispatcher.drain_once()
        assert (await left(db))[0]["state"] == "pending"


async def test_what_is_wanted_anew_during_its_push_is_pushed_again(db: Database) -> None:
    times = 0

    async def push(kind: str, subject: UUID) -> None:
        nonlocal times
        times += 1
        if times == 1:
            async with db.transaction() as connection:
                await outbox.touch(connection, "onec", kind, [subject])

    await wanted(db)
    dispatcher = outbox.Dispatcher(db, "onec", push)
    assert [await dispatcher.drain_once() for _ in range(3)] == [1, 1, 0]
    assert times == 2
    assert await left(db) == []


async def test_what_is_wanted_anew_while_it_is_acknowledged_is_pushed_at_once(db: Database) -> None:
    """The transaction that wants it is still open when the push is done: the row must not wait for its lease."""
    subject = await wanted(db)
    touched, pushed = asyncio.Event(), asyncio.Event()

    async def want_again() -> None:
        async with db.transaction() as connection:
            await outbox.touch(connection, "onec", "consultation", [subject])
            touched.set()
            await pushed.wait()
            await asyncio.sleep(0.3)

    async def push(_: str, __: UUID) -> None:
        nonlocal wanting
        wanting = asyncio.create_task(want_again())
        await touched.wait()
        pushed.set()

    wanting: asyncio.Task[None] | None = None
    assert await outbox.Dispatcher(db, "onec", push).drain_once() == 1
    assert wanting is not None
    await wanting
    assert [row["state"] for row in await left(db)] == ["pending"]
