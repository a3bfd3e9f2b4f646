"""Who is who in Telegram: kept as he writes, linked on a proof alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from clobus.core.db import Database, run
from clobus.core.ids import new_id
from clobus.modules.clients import telegram

FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    made = Database(dsn, max_size=2)
    await made.open()
    yield made
    await made.close()


async def a_client(db: Database, phone: str | None, **over: Any) -> UUID:
    made = new_id()
    values = {
        "client_id": made,
        "cl_ref_key": new_id(),
        "parent_key": FOLDER,
        "company_name": "A",
        "phone_number": phone,
    }
    values |= over
    names = ", ".join(values)
    async with db.transaction() as connection:
        holes = ", ".join(["%s"] * len(values))
        await run(connection, f"insert into cons.clients ({names}) values ({holes})", list(values.values()))
    return made


@pytest.mark.parametrize("written", ["+998901234567", "998901234567", "90 123-45-67", "+998 (90) 123 45 67"])
async def test_his_own_phone_links_him_however_it_is_written(db: Database, written: str) -> None:
    client = await a_client(db, written)
    await a_client(db, "+998901234568")
    await a_client(db, written, deleted=True)
    await a_client(db, written, parent_key=new_id())
    async with db.transaction() as connection:
        await telegram.remember(connection, 7, 7, first_name="A", phone_number="998901234567")
        assert await telegram.link_by_phone(connection, 7, FOLDER) == [client]
        assert await telegram.link_by_phone(connection, 7, FOLDER) == [client]
        [linked] = await telegram.clients_of(connection, 7)
    assert (linked["client_id"], linked["proof"]) == (client, "phone")


async def test_a_phone_of_another_country_with_the_same_end_links_nobody(db: Database) -> None:
    await a_client(db, "+7 901 234 56 78")
    await a_client(db, None)
    async with db.transaction() as connection:
        await telegram.remember(connection, 7, 7, phone_number="+998012345678")
        assert await telegram.link_by_phone(connection, 7, FOLDER) == []
        await telegram.remember(connection, 8, 8)
        assert await telegram.link_by_phone(connection, 8, FOLDER) == []


async def test_a_blocked_chat_is_not_written_to_until_he_writes_again(db: Database) -> None:
    client = await a_client(db, "+998901234567")
    async with db.transaction() as connection:
        await telegram.remember(connection, 7, 70, language="uz")
        assert await telegram.link(connection, 7, client, "link")
        assert not await telegram.link(connection, 7, client, "phone")
        assert [chat["chat_id"] for chat in await telegram.chats_of(connection, client)] == [70]
        assert await telegram.mark_blocked(connection, 70)
        assert not await telegram.mark_blocked(connection, 70)
        assert await telegram.chats_of(connection, client) == []
        known = await telegram.remember(connection, 7, 70)
        assert (known["language"], known["blocked_at"]) == ("uz", None)
        assert len(await telegram.chats_of(connection, client)) == 1


async def test_a_manager_has_his_chats(db: Database) -> None:
    account, key = new_id(), new_id()
    async with db.transaction() as connection:
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description) values (%s, %s, 'M')",
            (account, key),
        )
        await telegram.remember(connection, 9, 90)
        assert await telegram.staff_chats(connection, key) == []
        await run(
            connection, "insert into cons.telegram_staff (telegram_user_id, account_id) values (9, %s)", (account,)
        )
        assert [chat["chat_id"] for chat in await telegram.staff_chats(connection, key)] == [90]
