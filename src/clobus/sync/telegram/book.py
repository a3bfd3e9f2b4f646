"""What is on its way between chats or pages and conversations: one row for each thing said, its fate, its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core import outbox
from clobus.core.db import Connection, one, rows, run
from clobus.core.events import Event, Origin, publish

CHAT = "chat"
"""The subject of pushes in both directions; its id is the request's."""
PAGE = 0
"""Stands for the chat of what was written on a page of ours."""


async def bring_in(
    connection: Connection, cons_id: UUID, chat_id: int, telegram_id: int, kind: str, content: dict[str, Any], *,
    mark: str | None = None, media_group: str | None = None,
) -> bool:  # fmt: skip
    """Note what a person said for a request's conversation, once; False when it was noted before."""
    made = await run(
        connection,
        "insert into cons.telegram_messages (cons_id, chat_id, direction, kind, mark, content, media_group,"
        " telegram_ids) values (%s, %s, 'in', %s, %s, %s, %s, %s) on conflict (mark) do nothing",
        (cons_id, chat_id, kind, mark or f"tg-{chat_id}-{telegram_id}", Jsonb(content), media_group, [telegram_id]),
    )
    await outbox.touch(connection, "chatwoot", CHAT, [cons_id])
    return made > 0


async def take_out(
    connection: Connection, cons_id: UUID, chat_id: int, message_id: int, parts: Sequence[tuple[str, dict[str, Any]]],
    *, why: str = "",
) -> None:  # fmt: skip
    """Note what a conversation says for a chat: the parts of one message, each once; `why` tells a later change."""
    for number, (kind, content) in enumerate(parts):
        await run(
            connection,
            "insert into cons.telegram_messages (cons_id, chat_id, direction, kind, mark, content, message_id)"
            " values (%s, %s, 'out', %s, %s, %s, %s) on conflict (mark) do nothing",
            (cons_id, chat_id, kind, f"cw-{message_id}{why}-{chat_id}-{number}", Jsonb(content), message_id),
        )
    await outbox.touch(connection, "telegram", CHAT, [cons_id])


async def note(connection: Connection, cons_id: UUID, chat_id: int, text: str, mark: str) -> None:
    """Tell the managers of a request something, once for a mark."""
    await run(
        connection,
        "insert into cons.telegram_messages (cons_id, chat_id, direction, kind, mark, content)"
        " values (%s, %s, 'note', 'text', %s, %s) on conflict (mark) do nothing",
        (cons_id, chat_id, f"tgnote-{mark}", Jsonb({"text": text})),
    )
    await outbox.touch(connection, "chatwoot", CHAT, [cons_id])


async def say(connection: Connection, cons_id: UUID, text: str, mark: str, *, staff: bool) -> dict[str, Any]:
    """Note what was written on a page for a request's conversation; it goes in order with what comes from chats.

    The event tells other pages of the request at once: the conversation may be out of reach for long.
    """
    side = "desk" if staff else "client"
    [made] = await rows(
        connection,
        "insert into cons.telegram_messages (cons_id, chat_id, direction, kind, mark, content)"
        " values (%s, %s, 'in', 'text', %s, %s) returning created_at",
        (cons_id, PAGE, mark, Jsonb({"text": text, "staff": staff})),
    )
    await outbox.touch(connection, "chatwoot", CHAT, [cons_id])
    await publish(connection, [Event("Written", cons_id, Origin.API, changes={"side": (None, side)})])
    return {"key": mark, "side": side, "text": text, "at": made["created_at"].isoformat(),
            "state": "sending", "files": []}  # fmt: skip


async def from_pages(connection: Connection, cons_id: UUID) -> list[dict[str, Any]]:
    """What was written or put on pages and its conversation does not have, oldest first: on its way, or refused."""
    found = await rows(
        connection,
        "select mark as key, case when content ->> 'staff' = 'true' then 'desk' else 'client' end as side,"
        " coalesce(content ->> 'text', '') as text, created_at as at,"
        " case when state in ('waiting', 'sending') then 'sending' else 'refused' end as state, '{}'::text[] as files"
        " from cons.telegram_messages where cons_id = %(id)s and chat_id = %(page)s and direction = 'in'"
        " and state <> 'done' union all select 'file-' || attachment_id, case side when 'client' then 'client'"
        " else 'desk' end, coalesce(comment, ''), created_at, 'sending', array[name] from cons.attachments"
        " where cons_id = %(id)s and sent_at is null order by at, key limit 200",
        {"id": cons_id, "page": PAGE},
    )
    return [dict(row) for row in found]


async def waiting(connection: Connection, cons_id: UUID, directions: Sequence[str]) -> list[DictRow]:
    """What is still to be carried, in the order in which it was said."""
    return await rows(
        connection,
        "select *, extract(epoch from now() - created_at)::float8 as age from cons.telegram_messages"
        " where cons_id = %s and direction = any(%s) and state in ('waiting', 'sending') order by id",
        (cons_id, list(directions)),
    )


async def begin(connection: Connection, ids: Sequence[int]) -> None:
    """Note that these are being sent: whoever finds them so later does not know whether they arrived."""
    await run(connection, "update cons.telegram_messages set state = 'sending' where id = any(%s)", (list(ids),))


async def settle(
    connection: Connection, ids: Sequence[int], state: str, *, message_id: int | None = None,
    telegram_ids: Sequence[int] | None = None, error: str | None = None,
) -> None:  # fmt: skip
    """Note what became of these."""
    await run(
        connection,
        "update cons.telegram_messages set state = %s, message_id = coalesce(%s, message_id),"
        " telegram_ids = coalesce(%s, telegram_ids), error = %s, done_at = now() where id = any(%s)",
        (state, message_id, list(telegram_ids) if telegram_ids is not None else None, error, list(ids)),
    )


async def in_conversation(connection: Connection, chat_id: int, telegram_id: int) -> DictRow | None:
    """The request and the conversation's message behind a message of a chat."""
    return await one(
        connection,
        "select cons_id, message_id, mark, state, direction from cons.telegram_messages where chat_id = %s"
        " and %s = any(telegram_ids) order by (kind = 'edit'), id limit 1",
        (chat_id, telegram_id),
    )


async def in_chat(connection: Connection, chat_id: int, message_id: int) -> DictRow | None:
    """The chat's messages that show a message of the conversation; the first part stands for all."""
    return await one(
        connection,
        "select kind, telegram_ids, direction from cons.telegram_messages where chat_id = %s and message_id = %s"
        " and cardinality(telegram_ids) > 0 and kind not in ('edit', 'delete') order by id limit 1",
        (chat_id, message_id),
    )


async def refuse_chat(connection: Connection, chat_id: int, error: str) -> list[UUID]:
    """Give up all that waits for a chat that takes nothing any more; returns the requests concerned."""
    found = await rows(
        connection,
        "update cons.telegram_messages set state = 'refused', error = %s, done_at = now() where chat_id = %s"
        " and direction = 'out' and state in ('waiting', 'sending') returning cons_id",
        (error, chat_id),
    )
    return sorted({row["cons_id"] for row in found})
