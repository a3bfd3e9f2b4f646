"""Statements that queue messages to people and hand them to a sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core.db import Connection, rows, run
from clobus.core.nobody import SOMEBODY
from clobus.modules.notifications.catalogue import EXEMPT, NUMBERED, OVERTAKEN, REMINDERS, WAITING

LEASE_SECONDS = 60
# A person's chats: those who did not block the bot, the newest link first.
CHATS = (
    "(select coalesce(jsonb_agg(jsonb_build_array(t.telegram_user_id, t.language) order by l.created_at desc,"
    " t.telegram_user_id), '[]') from {links} l join cons.telegram_users t using (telegram_user_id)"
    " where {mine} and t.blocked_at is null) as chats"
)
# Of a client `k` and his preferences `p`.
CLIENT = "k.language as client_language, coalesce(k.email, '') <> '' as has_email, p.channels, " + CHATS.format(
    links="cons.telegram_links", mine="l.client_id = k.client_id"
)
STAFF_CHATS = CHATS.format(links="cons.telegram_staff", mine="l.account_id = u.account_id")


async def insert(connection: Connection, messages: Sequence[Mapping[str, Any]]) -> int:
    """Queue messages; one whose hash was queued before is left as it is. Returns how many were new."""
    if not messages:
        return 0
    return await run(
        connection,
        "insert into log.notification_log (id, notification_type, entity_id, unique_hash, audience, recipient,"
        " client_id, telegram_user_id, route, channel, language, params, expires_at) select id, notification_type,"
        " entity_id, unique_hash, audience, recipient, client_id, telegram_user_id, route, channel, language, params,"
        " coalesce(expires_at, now() + make_interval(secs => lifetime)) from jsonb_to_recordset(%s::jsonb) as n"
        " (id uuid, notification_type text, entity_id uuid, unique_hash text, audience text, recipient text,"
        " client_id uuid, telegram_user_id bigint, route text[], channel text, language text, params jsonb,"
        " lifetime double precision, expires_at timestamptz) on conflict (unique_hash) do nothing",
        (Jsonb(list(messages)),),
    )


async def requests(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, DictRow]:
    """What texts and rules need to know of requests, whom to tell, and `told`: by type the params last told, how many
    times the conversation was told, seconds since.
    """
    found = await rows(
        connection,
        "select c.cons_id, c.consultation_type as kind, c.lang, c.number, c.status, c.start_date, c.redate, c.source,"  # noqa: S608 - a text of ours is put in
        " c.redate_time, c.manager, u.description as manager_name, c.client_id,"
        f" c.con_calls -> -1 as last_call, c.con_rates, {CLIENT},"
        " (select count(*) from log.events e where e.cons_id = c.cons_id and e.name = 'Reopened') as reopened,"
        " (select count(*) from log.events e where e.cons_id = c.cons_id and e.name = 'CloseRefused') as refused,"
        " (select coalesce(jsonb_object_agg(t.notification_type, jsonb_build_array(t.said, t.times, t.age)), '{}')"
        "  from (select n.notification_type, count(*) filter (where n.recipient = 'conversation') as times,"
        "  (array_agg(n.params order by n.id desc))[1] as said,"
        "  extract(epoch from now() - max(n.created_at))::float8 as age"
        "  from log.notification_log n where n.entity_id = c.cons_id group by 1) t) as told"
        f" from cons.cons c left join cons.users u on u.cl_ref_key = c.manager and {SOMEBODY}"
        " left join cons.clients k on k.client_id = c.client_id"
        " left join cons.contact_preferences p on p.client_id = c.client_id where c.cons_id = any(%s)",
        (list(ids),),
    )
    return {row["cons_id"]: row for row in found}


async def staff(connection: Connection, keys: Sequence[UUID] | None) -> list[DictRow]:
    """Managers by their keys, or all, with their languages and chats."""
    whom = SOMEBODY if keys is None else f"{SOMEBODY} and u.cl_ref_key = any(%s)"
    return await rows(
        connection,
        f"select u.cl_ref_key, u.description as name, u.ru, u.uz, {STAFF_CHATS} from cons.users u where {whom}",  # noqa: S608 - texts of ours
        None if keys is None else (list(keys),),
    )


async def forget_reminders(connection: Connection, ids: Sequence[UUID]) -> int:
    """Take back reminders that wait: a request moved or ended. They were never told, so their keys are free again."""
    return await run(
        connection,
        "delete from log.notification_log where entity_id = any(%s) and notification_type = any(%s)"
        " and state = 'queued'",
        (list(ids), list(REMINDERS)),
    )


async def give_up(connection: Connection) -> int:
    """Expire what waited too long, and news that an end has overtaken."""
    return await run(
        connection,
        "update log.notification_log n set state = 'expired', params = n.params - 'url' - 'buttons'"
        " where n.state = 'queued' and (n.expires_at < now()"
        " or (n.notification_type = any(%s) and exists (select 1 from cons.cons c"
        " where c.cons_id = n.entity_id and c.status in ('closed', 'resolved', 'cancelled'))))",
        (OVERTAKEN,),
    )


async def claim(connection: Connection, limit: int) -> list[DictRow]:
    """Mark as being sent what can be sent now, the oldest of each request and recipient only.

    What waits for the end of quiet hours holds nothing up. A text that names the number waits until 1C has given it.
    """
    return await rows(
        connection,
        "update log.notification_log n set state = 'sending', attempts = n.attempts + 1,"
        " next_at = now() + make_interval(secs => %(lease)s) from (select q.id, c.conversation_id, c.number,"
        " c.start_date, c.consultation_type as kind, k.email, k.name as client, p.quiet_from, p.quiet_to"
        " from log.notification_log q join cons.cons c on c.cons_id = q.entity_id"
        " left join cons.clients k on k.client_id = c.client_id"
        " left join cons.contact_preferences p on p.client_id = c.client_id"
        " where q.state = 'queued' and q.next_at <= now()"
        " and (q.channel <> 'chatwoot' or c.conversation_id is not null)"
        " and (c.number is not null or q.notification_type <> all(%(numbered)s)"
        " or q.notification_type || '.' || c.consultation_type = any(%(exempt)s))"
        " and not exists (select 1 from log.notification_log b where b.entity_id = q.entity_id"
        " and b.recipient = q.recipient and b.id < q.id and (b.state = 'sending'"
        " or (b.state = 'queued' and b.notification_type <> all(%(waiting)s))))"
        " order by q.id limit %(limit)s for update of q skip locked) s"
        " where n.id = s.id returning n.id, n.notification_type as type, n.entity_id, n.audience, n.recipient,"
        " n.client_id, n.channel, n.route, n.language, n.params, n.attempts, n.expires_at, s.conversation_id,"
        " s.number, s.start_date, s.kind, s.email, s.client, s.quiet_from, s.quiet_to,"
        " (select u.chat_id from cons.telegram_users u where u.blocked_at is null and u.telegram_user_id ="
        "  coalesce(n.telegram_user_id, (select l.telegram_user_id from cons.telegram_links l"
        "  join cons.telegram_users m using (telegram_user_id) where l.client_id = n.client_id"
        "  and m.blocked_at is null order by l.created_at desc limit 1))) as chat_id",
        {"lease": LEASE_SECONDS, "numbered": NUMBERED, "exempt": EXEMPT, "waiting": WAITING, "limit": limit},
    )


async def claim_lost(connection: Connection, limit: int) -> list[DictRow]:
    """Take over messages whose sender ended in the middle: nobody knows whether they went out."""
    return await rows(
        connection,
        "update log.notification_log n set next_at = now() + make_interval(secs => %s) from (select q.id,"
        " c.conversation_id from log.notification_log q join cons.cons c on c.cons_id = q.entity_id"
        " where q.state = 'sending' and q.next_at <= now() order by q.id limit %s for update of q skip locked) s"
        " where n.id = s.id returning n.id, n.notification_type as type, n.channel, n.route, n.recipient,"
        " s.conversation_id",
        (LEASE_SECONDS, limit),
    )


async def note(connection: Connection, id_: UUID, channel: str, state: str, error: str | None) -> None:
    """Record what became of a message in one channel; the same again is counted."""
    await run(
        connection,
        "insert into log.notification_attempts as a (notification_id, channel, state, error) values (%s, %s, %s, %s)"
        " on conflict (notification_id, channel, state) do update set times = a.times + 1, at = now(),"
        " error = excluded.error",
        (id_, channel, state, error),
    )


async def finish(
    connection: Connection, id_: UUID, state: str, *, message_id: int | None, body: str | None, error: str | None
) -> bool:
    """Write what became of a message that is marked as being sent; links of one use are not kept."""
    return bool(
        await run(
            connection,
            "update log.notification_log set state = %s, message_id = coalesce(%s, message_id),"
            " body = coalesce(%s, body), error = %s, sent_at = case when %s = 'sent' then now() else sent_at end,"
            " params = case when %s in ('failed', 'refused') then params else params - 'url' - 'buttons' end"
            " where id = %s and state = 'sending'",
            (state, message_id, body, error, state, state, id_),
        )
    )


async def pass_on(connection: Connection, id_: UUID, channel: str, error: str) -> None:
    """Let the next channel of the route have a message that this one surely did not take."""
    await run(
        connection,
        "update log.notification_log set state = 'queued', channel = %s, next_at = now(), error = %s"
        " where id = %s and state = 'sending'",
        (channel, error, id_),
    )


async def postpone(connection: Connection, id_: UUID, state: str, seconds: float, error: str) -> None:
    """Let a message wait: as `queued` when it surely was not sent, as `sending` when it must be looked for."""
    await run(
        connection,
        "update log.notification_log set state = %s, next_at = now() + make_interval(secs => %s), error = %s"
        " where id = %s and state = 'sending'",
        (state, seconds, error, id_),
    )


async def hold(connection: Connection, id_: UUID, until: datetime) -> None:
    """Let a message wait for the end of quiet hours."""
    await run(
        connection,
        "update log.notification_log set state = 'queued', next_at = %s where id = %s and state = 'sending'",
        (until, id_),
    )


async def blocked(connection: Connection, chat_id: int) -> None:
    """Note that a person in Telegram blocked the bot."""
    await run(
        connection,
        "update cons.telegram_users set blocked_at = now(), updated_at = now()"
        " where chat_id = %s and blocked_at is null",
        (chat_id,),
    )
