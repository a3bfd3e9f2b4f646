"""One-time links: once, for one purpose, for a while, and never kept as they are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from clobus.core.db import Database, one, run
from clobus.core.ids import new_id
from clobus.modules.accounts import links


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


async def test_a_link_is_used_once_for_its_purpose(db: Database) -> None:
    subject = new_id()
    async with db.transaction() as connection:
        token = await links.make(connection, links.TELEGRAM, subject, 60)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    async with db.transaction() as connection:
        assert await links.use(connection, links.SIGN_IN, token) is None
        assert await links.peek(connection, links.TELEGRAM, token) == subject
        assert await links.use(connection, links.TELEGRAM, token + "x") is None
        assert await links.use(connection, links.TELEGRAM, token) == subject
        assert await links.use(connection, links.TELEGRAM, token) is None
        assert await links.peek(connection, links.TELEGRAM, token) is None


async def test_of_two_at_once_one_gets_it(db: Database) -> None:
    async with db.transaction() as connection:
        token = await links.make(connection, links.RATE, new_id(), 60)

    async def attempt() -> bool:
        async with db.transaction() as connection:
            return await links.use(connection, links.RATE, token) is not None

    assert sorted(await asyncio.gather(*(attempt() for _ in range(6)))) == [False] * 5 + [True]


async def test_an_old_or_revoked_link_is_nothing_and_only_a_hash_is_kept(db: Database) -> None:
    subject = new_id()
    async with db.transaction() as connection:
        old, ended = [await links.make(connection, links.RATE, subject, 60) for _ in range(2)]
        await run(
            connection,
            "update sys.links set expires_at = now() - interval '1 second' where token_hash = sha256(%s::text::bytea)",
            (old,),
        )
        assert await links.use(connection, links.RATE, old) is None
        assert await links.revoke(connection, links.RATE, subject) == 2
        assert await links.use(connection, links.RATE, ended) is None
        fresh = await links.make(connection, links.RATE, subject, 60)
        kept = await one(connection, "select string_agg(l::text, ' ') as whole from sys.links l")
    assert kept is not None
    assert fresh not in kept["whole"]


async def test_a_proof_is_claimed_once(db: Database) -> None:
    async with db.transaction() as connection:
        assert await links.claim(connection, "proof", "abc", new_id(), 60)
        assert not await links.claim(connection, "proof", "abc", new_id(), 60)
