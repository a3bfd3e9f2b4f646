"""Signing in by Telegram from any browser: the page opens the bot, the bot gives a code, the page takes it.

The bot's link alone signs nobody in: it may have been sent to somebody else. The code goes back by the hand of him who
holds the phone, to the page that began, within ten minutes and five tries.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.auth import hash_token
from clobus.core.db import Connection, one
from clobus.core.ids import new_id
from clobus.modules.accounts import proofs


async def begin(connection: Connection, for_person: UUID | None = None) -> tuple[str, str]:
    """The ticket that the page keeps, and what the bot is started with."""
    start = await proofs.make(connection, proofs.START, for_person)
    return await proofs.make(connection, proofs.TELEGRAM, for_person, {"start": start}), start


async def give_code(connection: Connection, start: str, telegram_user_id: int) -> str | None:
    """A code for who started the bot so; None when the link is old, used, or was another's before."""
    known = await proofs.look(connection, proofs.START, start)
    if known is None or known["data"].get("user", telegram_user_id) != telegram_user_id:
        return None
    code = f"{secrets.randbelow(10**6):06}"
    kept = {"user": telegram_user_id, "code": _hash(start, code)}
    return code if await proofs.enrich(connection, proofs.START, start, kept) else None


async def finish(connection: Connection, ticket: str, code: str) -> int | None:
    """Whose code this is, used up with the ticket; None, and counted, when it is wrong."""
    held = await proofs.peek(connection, proofs.TELEGRAM, ticket)
    if held is None:
        return None
    start = held["data"]["start"]
    given = await proofs.look(connection, proofs.START, start)
    if given is None or not secrets.compare_digest(given["data"].get("code", ""), _hash(start, code)):
        return None
    if await proofs.use(connection, proofs.TELEGRAM, ticket) is None:
        return None
    await proofs.use(connection, proofs.START, start)
    return int(given["data"]["user"])


async def known(connection: Connection, telegram_user_id: int) -> DictRow | None:
    """What Telegram vouches for: the telephone and the name of somebody who shared his contact."""
    return await one(
        connection,
        "select telegram_user_id, phone_number, language, nullif(btrim(concat_ws(' ', first_name, last_name)), '')"
        " as name from cons.telegram_users where telegram_user_id = %s and phone_number is not null",
        (telegram_user_id,),
    )


async def person(connection: Connection, user: DictRow, *, may_register: bool) -> tuple[DictRow | None, bool]:
    """The person of a Telegram, made when there is none; and whether he was made.

    A telephone alone opens no account that is there: numbers change hands.
    """
    found = await one(connection, "select * from cab.people where telegram_user_id = %s", (user["telegram_user_id"],))
    if found is not None or not may_register:
        return found, False
    made = await one(
        connection,
        "insert into cab.people (person_id, phone_number, telegram_user_id, name, language)"
        " values (%s, %s, %s, %s, coalesce(%s, 'ru')) on conflict do nothing returning *",
        (new_id(), user["phone_number"], user["telegram_user_id"], (user["name"] or user["phone_number"])[:200],
         user["language"]),
    )  # fmt: skip
    return made, made is not None


def _hash(start: str, code: str) -> str:
    return hash_token(f"{start}\n{code}").hex()
