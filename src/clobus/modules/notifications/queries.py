"""Every statement on messages to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core.db import Connection, rows, run

LEASE_SECONDS = 60


async def insert(connection: Connection, messages: Sequence[Mapping[str, Any]]) -> int:
    """Queue messages; one whose hash was queued before is left as it is. Returns how many were new."""
    if not messages:
        return 0
    return await run(
        connection,
        "insert into log.notification_log (id, notification_type, entity_id, unique_hash, audience, language, params,"
        " expires_at) select id, notification_type, entity_id, unique_hash, audience, language, params,"
        " now() + make_interval(secs => lifetime) from jsonb_to_recordset(%s::jsonb) as n (id uuid,"
        " notification_type text, entity_id uuid, unique_hash text, audience text, language text, params jsonb,"
        " lifetime double precision) on conflict (unique_hash) do nothing",
        (Jsonb(list(messages)),),
    )


async def requests(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, DictRow]:
    """What texts and rules need to know of requests: language, number, dates, manager's name, what was last told."""
    found = await rows(
        connection,
        "select c.cons_id, c.consultation_type as kind, c.lang, c.number, c.status, c.start_date, c.redate,"
        " c.redate_time, c.manager, u.description as manager_name,"
        " (select count(*) from log.events e where e.cons_id = c.cons_id and e.name = 'Reopened') as reopened,"
        " (select count(*) from log.events e where e.cons_id = c.cons_id and e.name = 'CloseRefused') as refused,"
        " (select coalesce(jsonb_object_agg(t.notification_type, jsonb_build_array(t.said, t.times)), '{}')"
        "  from (select n.notification_type, count(*) as times, (array_agg(n.params order by n.id desc))[1] as said"
        "  from log.notification_log n where n.entity_id = c.cons_id group by 1) t) as told"
        " from cons.cons c left join cons.users u on u.cl_ref_key = c.manager where c.cons_id = any(%s)",
        (list(ids),),
    )
    return {row["cons_id"]: row for row in found}


async def give_up(connection: Connection) -> int:
    """Expire what waited too long, and news of an acceptance that an end has overtaken."""
    return await run(
        connection,
        "update log.notification_log n set state = 'expired' where n.state = 'queued' and (n.expires_at < now()"
        " or (n.notification_type in ('accepted', 'assigned', 'rescheduled') and exists (select 1 from cons.cons c"
        " where c.cons_id = n.entity_id and c.status in ('closed', 'resolved', 'cancelled'))))",
    )


async def claim(connection: Connection, numbered: Sequence[str], exempt: Sequence[str], limit: int) -> list[DictRow]:
    """Mark as being sent what can be sent now, the oldest of each request only.

    `numbered` types wait until 1C has given its number, but for requests whose kind is in `exempt` (`type.kind`).
    """
    return await rows(
        connection,
        "update log.notification_log n set state = 'sending', attempts = n.attempts + 1,"
        " next_at = now() + make_interval(secs => %s) from (select q.id, c.conversation_id, c.number, c.start_date,"
        " c.consultation_type as kind from log.notification_log q join cons.cons c on c.cons_id = q.entity_id"
        " where q.state = 'queued' and q.next_at <= now() and c.conversation_id is not null"
        " and (c.number is not null or q.notification_type <> all(%s)"
        " or q.notification_type || '.' || c.consultation_type = any(%s))"
        " and not exists (select 1 from log.notification_log b where b.entity_id = q.entity_id and b.id < q.id"
        " and b.state in ('queued', 'sending')) order by q.id limit %s for update of q skip locked) s"
        " where n.id = s.id returning n.id, n.notification_type as type, n.audience, n.language, n.params,"
        " n.attempts, s.conversation_id, s.number, s.start_date, s.kind",
        (LEASE_SECONDS, list(numbered), list(exempt), limit),
    )


async def claim_lost(connection: Connection, limit: int) -> list[DictRow]:
    """Take over messages whose sender ended in the middle: nobody knows whether they went out."""
    return await rows(
        connection,
        "update log.notification_log n set next_at = now() + make_interval(secs => %s) from (select q.id,"
        " c.conversation_id from log.notification_log q join cons.cons c on c.cons_id = q.entity_id"
        " where q.state = 'sending' and q.next_at <= now() order by q.id limit %s for update of q skip locked) s"
        " where n.id = s.id returning n.id, n.notification_type as type, s.conversation_id",
        (LEASE_SECONDS, limit),
    )


async def finish(
    connection: Connection, id_: UUID, state: str, *, message_id: int | None, body: str | None, error: str | None
) -> None:
    """Write what became of a message that is marked as being sent."""
    await run(
        connection,
        "update log.notification_log set state = %s, message_id = coalesce(%s, message_id), body = coalesce(%s, body),"
        " error = %s, sent_at = case when %s = 'sent' then now() else sent_at end"
        " where id = %s and state = 'sending'",
        (state, message_id, body, error, state, id_),
    )


async def postpone(connection: Connection, id_: UUID, state: str, seconds: float, error: str) -> None:
    """Let a message wait: as `queued` when it surely was not sent, as `sending` when it must be looked for."""
    await run(
        connection,
        "update log.notification_log set state = %s, next_at = now() + make_interval(secs => %s), error = %s"
        " where id = %s and state = 'sending'",
        (state, seconds, error, id_),
    )
