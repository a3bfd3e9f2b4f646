"""Messages to people as callers read them, and another try for those that nobody took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, NotFound
from clobus.modules.notifications.catalogue import REMINDERS, TYPES

FIELDS = (
    "n.id::text, n.notification_type as type, n.entity_id::text as cons_id, c.number, n.audience, n.recipient,"
    " n.client_id::text, n.language, n.channel, n.route, n.state, n.body, n.attempts, n.error, n.created_at,"
    " n.next_at, n.expires_at, n.sent_at"
)
OF_CLIENT = ("id", "type", "cons_id", "number", "language", "channel", "state", "body", "created_at", "sent_at")
COUNTED = 5000
ATTEMPTS = (
    "(select coalesce(jsonb_agg(jsonb_build_object('channel', a.channel, 'state', a.state, 'error', a.error,"
    " 'times', a.times, 'at', a.at) order by a.at, a.channel), '[]') from log.notification_attempts a"
    " where a.notification_id = n.id) as tried"
)


async def newest(
    connection: Connection, *, limit: int, cursor: UUID | None = None, state: str | None = None,
    type_: str | None = None, channel: str | None = None, audience: str | None = None, cons_id: UUID | None = None,
    client_id: UUID | None = None, clients: Sequence[UUID] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Messages that fit all that is given, the newest first, older than the one that `cursor` names.

    With `clients` only messages to these clients and to the users of theirs, in what a client may know of them.
    """
    given: dict[str, Any] = {
        "cursor": cursor, "state": state, "type": type_, "channel": channel, "audience": audience,
        "cons_id": cons_id, "client_id": client_id, "limit": limit,
    }  # fmt: skip
    columns = {
        "cursor": "n.id <", "state": "n.state =", "type": "n.notification_type =", "channel": "n.channel =",
        "audience": "n.audience =", "cons_id": "n.entity_id =", "client_id": "n.client_id =",
    }  # fmt: skip
    where = ["true", *(f"{test} %({name})s" for name, test in columns.items() if given[name] is not None)]
    if clients is not None:
        given["clients"] = list(clients)
        where.append("n.audience = 'client' and n.client_id in (select k.client_id from cons.clients k"
                     " where k.client_id = any(%(clients)s) or k.parent_id = any(%(clients)s))")  # fmt: skip
    found = await rows(
        connection,
        f"select {FIELDS}, {ATTEMPTS} from log.notification_log n left join cons.cons c on c.cons_id = n.entity_id"  # noqa: S608 - names of ours, values are parameters
        f" where {' and '.join(where)} order by n.id desc limit %(limit)s",
        given,
    )
    if clients is None:
        return [dict(row) for row in found]
    return [{name: row[name] for name in OF_CLIENT} for row in found]


async def read(connection: Connection, id_: UUID) -> dict[str, Any]:
    """One message with what became of it in each channel; NotFound when there is none."""
    found = await one(
        connection,
        f"select {FIELDS}, n.params, {ATTEMPTS} from log.notification_log n"  # noqa: S608 - names of ours
        " left join cons.cons c on c.cons_id = n.entity_id where n.id = %s",
        (id_,),
    )
    if found is None:
        raise NotFound("message.unknown")
    hidden = ("url", "buttons")  # they open somebody's door
    return dict(found) | {"params": {name: v for name, v in found["params"].items() if name not in hidden}}


async def counts(connection: Connection) -> dict[str, int]:
    """How many of the newest messages are in each state."""
    found = await rows(
        connection,
        "select state, count(*) as n from (select state from log.notification_log order by id desc limit %s) n"
        " group by 1 order by 1",
        (COUNTED,),
    )
    return {row["state"]: row["n"] for row in found}


async def retry(connection: Connection, id_: UUID) -> None:
    """Send one again that surely nobody took, from the first channel of its route.

    NotFound when there is none, Conflict when it was sent, when it waits, or when nobody knows whether it was sent.
    """
    found = await one(
        connection, "select state, notification_type as type from log.notification_log where id = %s", (id_,)
    )
    if found is None:
        raise NotFound("message.unknown")
    type_ = TYPES.get(found["type"])
    if found["state"] not in ("failed", "refused") or type_ is None:
        raise Conflict("message.not_failed")
    await run(
        connection,
        "update log.notification_log set state = 'queued', channel = route[1], next_at = now(), error = null,"
        " expires_at = case when notification_type = any(%s) then expires_at else now() + %s end"
        " where id = %s and state in ('failed', 'refused')",
        (list(REMINDERS), type_.lifetime, id_),  # a reminder is never of use after its moment
    )
