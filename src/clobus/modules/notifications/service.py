"""Queue messages to people, in the transaction of what they tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core import i18n, ids
from clobus.core.db import Connection
from clobus.core.events import Event
from clobus.modules.notifications import news, queries, recipients
from clobus.modules.notifications.catalogue import TYPES
from clobus.modules.notifications.recipients import BASE, Person, Recipient

ABOUT_CLIENT = queries.CLIENT
"""Columns that `Known` needs of a client `k` with his `cons.contact_preferences p`."""
UNKNOWN_BEFORE = {"number": None, "redate": None, "redate_time": None, "last_call": None, "con_rates": None,
                  "reopened": 0, "refused": 0}  # fmt: skip
"""What a request has that was made just now."""


Everybody = Mapping[UUID, Person]


@dataclass(frozen=True, slots=True)
class Known:
    """What messages about a request need, known to the publisher of its event (`Event.known`): nothing is asked."""

    request: DictRow
    staff: Everybody


def known_of(
    row: Mapping[str, Any], client: Mapping[str, Any], name: str | None, staff: Mapping[UUID, Person]
) -> Known:
    """Of a request that is made now: its `row`, a row with `ABOUT_CLIENT`, its manager's name, and `everybody`."""
    request = {
        "cons_id": row["cons_id"], "kind": row["consultation_type"], "lang": row["lang"], "status": row["status"],
        "start_date": row["start_date"], "source": row["source"], "manager": row["manager"], "manager_name": name,
        "client_id": row["client_id"], "client_language": client["client_language"], "has_email": client["has_email"],
        "channels": client["channels"], "chats": client["chats"], "told": {}, **UNKNOWN_BEFORE,
    }  # fmt: skip
    return Known(request, staff)


async def everybody(connection: Connection) -> Everybody:
    """All managers as messages need them."""
    return {row["cl_ref_key"]: Person.of(row) for row in await queries.staff(connection, None)}


async def notify(
    connection: Connection,
    *,
    type: str,  # noqa: A002 - the word of the table and of the callers
    cons_id: UUID,
    language: str | None,
    params: dict[str, Any],
    key: str,
    manager: UUID | None = None,
    beside: bool = False,
) -> bool:
    """Queue a message of a type about a request, once by (type, request, recipient, key).

    False when all of it was queued before. `params` are JSON values; instants as ISO text. `language` counts when that
    of the person is unknown; `manager` is the key of who is told when the type is for the staff;
    `beside` leaves the conversation out, where Chatwoot says it by itself. KeyError for a type that the catalogue
    lacks.
    """
    request = (await queries.requests(connection, [cons_id])).get(cons_id)
    if request is None:
        return False
    staff = await _staff(connection, {manager} if manager else set())
    message = news.Message(type, params, key, manager)
    told = rows_of(message, request, staff, language)
    return await queries.insert(connection, [row for row in told if not beside or row["recipient"] != BASE]) > 0


async def on_events(connection: Connection, events: Sequence[Event]) -> None:
    """Queue what people must be told of these events: a reaction of `clobus.event_handlers`."""
    moved = [event.cons_id for event in events if event.cons_id is not None and news.moves(event)]
    if moved:
        await queries.forget_reminders(connection, moved)
    fresh = [(event, event.cons_id) for event in events if event.cons_id is not None and event.name in news.NAMES]
    if not fresh:
        return
    given = {cons_id: event.known for event, cons_id in fresh if isinstance(event.known, Known)}
    known = {cons_id: one.request for cons_id, one in given.items()}
    if asked := [cons_id for event, cons_id in fresh if not isinstance(event.known, Known)]:
        known |= await queries.requests(connection, asked)
    about = [(event, known[cons_id]) for event, cons_id in fresh if cons_id in known]
    keys = {key for event, request in about for key in news.keys(event, request)}
    staff = {key: person for one in given.values() for key in keys if (person := one.staff.get(key)) is not None}
    staff |= await _staff(connection, keys - staff.keys())
    queued: list[dict[str, Any]] = []
    for event, request in about:
        for message in news.of(event, request, staff):
            queued += rows_of(message, request, staff)
            _, times, _ = request["told"].get(message.type, ({}, 0, None))
            request["told"][message.type] = (message.params, times + 1, 0.0)
    await queries.insert(connection, queued)


async def _staff(connection: Connection, keys: set[UUID]) -> dict[UUID, Person]:
    found = await queries.staff(connection, sorted(keys)) if keys else []
    return {row["cl_ref_key"]: Person.of(row) for row in found}


def rows_of(
    message: news.Message, request: DictRow, staff: news.Staff, language: str | None = None
) -> list[dict[str, Any]]:
    """The rows of a message: one for each who is told."""
    type_ = TYPES[message.type]
    person = staff.get(message.manager) if message.manager else None
    if not type_.staff:
        told = recipients.client(message.type, request, language)
    elif person is not None:
        told = recipients.manager(message.type, person)
    else:
        told = [Recipient(BASE, ["chatwoot"], i18n.language_of(request["lang"] or language))] if type_.base else []
    return [_row(message, request, recipient) for recipient in told]


def _row(message: news.Message, request: DictRow, recipient: Recipient) -> dict[str, Any]:
    type_ = TYPES[message.type]
    natural = [message.type, str(request["cons_id"]), message.key]
    if recipient.name != BASE:
        natural.append(recipient.name)
    return {
        "id": ids.new_id(), "notification_type": message.type, "entity_id": request["cons_id"],
        "unique_hash": hashlib.sha256("\n".join(natural).encode()).hexdigest(),
        "audience": "manager" if type_.staff else "client", "recipient": recipient.name,
        "client_id": request["client_id"], "telegram_user_id": recipient.telegram_user_id,
        "route": list(recipient.route), "channel": recipient.route[0], "language": recipient.language,
        "params": message.params, "lifetime": type_.lifetime.total_seconds(), "expires_at": message.until,
    }  # fmt: skip
