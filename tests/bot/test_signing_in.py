"""Signing in by the bot: a code for who shared his own telephone, once, and never by the link alone."""

from __future__ import annotations

import re

from clobus.modules.accounts import telegram_login
from tests.bot.conftest import Desk, Phone


async def code_of(phone: Phone) -> str | None:
    found = re.search(r"\b\d{6}\b", (await phone.last())["text"])
    return found.group() if found else None


async def test_a_code_comes_once_the_own_telephone_is_shared(desk: Desk) -> None:
    async with desk.runtime.db.transaction() as connection:
        ticket, start = await telegram_login.begin(connection)
    phone, thief = desk.phone(7), desk.phone(8)
    await phone.does("start", payload=f"login_{start}")
    assert (await phone.screen())["reply_keyboard"][0][0]["request_contact"] is True
    await phone.does("contact", phone="998901234567")
    code = await code_of(phone)
    assert code
    # The link is his now who used it first; another code comes instead of the one before.
    await thief.known("998901111111")
    await thief.does("start", payload=f"login_{start}")
    assert await code_of(thief) is None
    wrong = f"{(int(code) + 1) % 10**6:06}"
    async with desk.runtime.db.transaction() as connection:
        assert await telegram_login.finish(connection, ticket, wrong) is None
        assert await telegram_login.finish(connection, ticket, code) == 7
        assert await telegram_login.finish(connection, ticket, code) is None
    await phone.does("start", payload=f"login_{start}")
    assert await code_of(phone) is None


async def test_five_wrong_codes_end_a_ticket(desk: Desk) -> None:
    async with desk.runtime.db.transaction() as connection:
        ticket, start = await telegram_login.begin(connection)
        code = await telegram_login.give_code(connection, start, 7)
        assert code
        for n in range(1, 6):
            assert await telegram_login.finish(connection, ticket, f"{(int(code) + n) % 10**6:06}") is None
        assert await telegram_login.finish(connection, ticket, code) is None
