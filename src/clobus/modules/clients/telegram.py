"""Who is behind a chat with the bot, for which clients he may speak, and where a client can be written to.

A link needs a proof: his own phone (vouched for by Telegram) is the client's, a signed one-time link of the site, or a
person of the staff. Nothing here guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from clobus.core.db import Connection, one, rows, run

Proof = Literal["phone", "link", "staff"]
SHORTEST = 9
"""Digits of a phone that tell a person: an Uzbek number without its country."""


async def person(connection: Connection, telegram_user_id: int) -> dict[str, Any] | None:
    """What is known of a person in Telegram; None when he never wrote to the bot."""
    found = await one(connection, "select * from cons.telegram_users where telegram_user_id = %s", (telegram_user_id,))
    return dict(found) if found else None


async def remember(
    connection: Connection, telegram_user_id: int, chat_id: int, *, username: str | None = None,
    first_name: str | None = None, last_name: str | None = None, phone_number: str | None = None,
    language: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Keep who wrote, as Telegram shows him now; a phone or a language that is not given stays as it was.

    He wrote, so he has not blocked the bot.
    """
    row = await one(
        connection,
        "insert into cons.telegram_users as u (telegram_user_id, chat_id, username, first_name, last_name,"
        " phone_number, language) values (%(id)s, %(chat)s, %(username)s, %(first)s, %(last)s, %(phone)s, %(language)s)"
        " on conflict (telegram_user_id) do update set chat_id = excluded.chat_id, username = excluded.username,"
        " first_name = excluded.first_name, last_name = excluded.last_name,"
        " phone_number = coalesce(excluded.phone_number, u.phone_number),"
        " language = coalesce(excluded.language, u.language), blocked_at = null, updated_at = now() returning *",
        {"id": telegram_user_id, "chat": chat_id, "username": username, "first": first_name, "last": last_name,
         "phone": normalised(phone_number), "language": language},
    )  # fmt: skip
    assert row is not None  # noqa: S101 - an upsert returns its row
    return dict(row)


async def link(connection: Connection, telegram_user_id: int, client_id: UUID, proof: Proof) -> bool:
    """Let a person speak for a client, on a proof; False when he did already."""
    made = await run(
        connection,
        "insert into cons.telegram_links (telegram_user_id, client_id, proof) values (%s, %s, %s)"
        " on conflict (telegram_user_id, client_id) do nothing",
        (telegram_user_id, client_id, proof),
    )
    return made > 0


async def link_by_phone(connection: Connection, telegram_user_id: int, folder: UUID) -> list[UUID]:
    """Link a person to every client of ours whose phone is his own; returns those clients, linked before or now.

    His phone is what `remember` kept of a contact that Telegram vouched for. Only clients of our folder, or made here
    and not yet in 1C, and not deleted ones.
    """
    found = await rows(
        connection,
        "with him as (select telegram_user_id, phone_number from cons.telegram_users where telegram_user_id = %(id)s"
        " and phone_number is not null), his as (select c.client_id from cons.clients c"
        " left join cons.clients o on o.client_id = c.parent_id, him where not c.deleted"
        " and coalesce(o.parent_key, c.parent_key, %(folder)s) = %(folder)s"
        # Numbers are kept as people wrote them: their last nine digits find them, all digits decide below.
        " and right(regexp_replace(c.phone_number, '\\D', '', 'g'), 9) = right(him.phone_number, 9)"
        " and (regexp_replace(c.phone_number, '\\D', '', 'g') = substr(him.phone_number, 2)"
        " or '998' || regexp_replace(c.phone_number, '\\D', '', 'g') = substr(him.phone_number, 2))),"
        " made as (insert into cons.telegram_links (telegram_user_id, client_id, proof)"
        " select him.telegram_user_id, his.client_id, 'phone' from his, him"
        " on conflict (telegram_user_id, client_id) do nothing) select client_id from his order by client_id",
        {"id": telegram_user_id, "folder": folder},
    )
    return [row["client_id"] for row in found]


async def clients_of(connection: Connection, telegram_user_id: int) -> list[dict[str, Any]]:
    """The clients for whom a person may speak, with their owner's names, oldest link first."""
    found = await rows(
        connection,
        "select c.client_id, c.parent_id, c.is_parent, coalesce(c.company_name, o.company_name) as company,"
        " coalesce(c.name, c.contact_name) as name, coalesce(c.code_abonent, o.code_abonent) as code,"
        " coalesce(c.phone_number, o.phone_number) as phone_number, coalesce(c.org_inn, o.org_inn) as org_inn,"
        " c.language, l.proof from cons.telegram_links l join cons.clients c on c.client_id = l.client_id"
        " left join cons.clients o on o.client_id = c.parent_id"
        " where l.telegram_user_id = %s and not c.deleted order by l.created_at, c.client_id",
        (telegram_user_id,),
    )
    return [dict(row) for row in found]


async def chats_of(connection: Connection, client_id: UUID) -> list[dict[str, Any]]:
    """Where a client can be written to in Telegram: people linked to it who did not block the bot, newest first."""
    found = await rows(
        connection,
        "select u.telegram_user_id, u.chat_id, u.language, u.first_name, u.last_name, l.created_at"
        " from cons.telegram_links l join cons.telegram_users u using (telegram_user_id)"
        " where l.client_id = %s and u.blocked_at is null order by l.created_at desc, u.telegram_user_id",
        (client_id,),
    )
    return [dict(row) for row in found]


async def staff_chats(connection: Connection, manager_key: UUID) -> list[dict[str, Any]]:
    """Where a manager can be written to in Telegram."""
    found = await rows(
        connection,
        "select u.telegram_user_id, u.chat_id, u.language from cons.users m"
        " join cons.telegram_staff s on s.account_id = m.account_id"
        " join cons.telegram_users u on u.telegram_user_id = s.telegram_user_id"
        " where m.cl_ref_key = %s and u.blocked_at is null order by s.created_at desc",
        (manager_key,),
    )
    return [dict(row) for row in found]


async def mark_blocked(connection: Connection, chat_id: int) -> bool:
    """Note that a person blocked the bot; False when it was known. What he writes again unblocks him."""
    changed = await run(
        connection,
        "update cons.telegram_users set blocked_at = now(), updated_at = now() where chat_id = %s"
        " and blocked_at is null",
        (chat_id,),
    )
    return changed > 0


def normalised(phone: str | None) -> str | None:
    """A phone in E.164: Telegram often omits the plus, and Uzbek numbers are written without their country."""
    digits = re.sub(r"\D", "", phone or "")
    if len(digits) < SHORTEST or len(digits) > 15:
        return None
    return f"+{'998' if len(digits) == SHORTEST else ''}{digits}"


def full_name(known: Mapping[str, Any]) -> str:
    """How a person is called in Telegram."""
    return " ".join(part for part in (known.get("first_name"), known.get("last_name")) if part) or "—"
