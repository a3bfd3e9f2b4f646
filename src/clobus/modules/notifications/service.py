"""Queue messages to people, in the transaction of what they tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.rows import DictRow

from clobus.core import i18n, ids
from clobus.core.db import Connection
from clobus.core.events import Event
from clobus.modules.notifications import queries
from clobus.modules.notifications.catalogue import LIFETIME

ZONE = ZoneInfo("Asia/Tashkent")


async def notify(
    connection: Connection,
    *,
    type: str,  # noqa: A002 - the word of the table and of the callers
    cons_id: UUID,
    language: str | None,
    params: dict[str, Any],
    key: str,
    audience: str = "client",
) -> bool:
    """Queue a message of a type about a request, once by (type, request, key); False when it was queued before.

    `params` are JSON values; instants as ISO text. KeyError for a type that the catalogue lacks.
    """
    return await queries.insert(connection, [_row(type, cons_id, language, params, key, audience)]) > 0


async def on_events(connection: Connection, events: Sequence[Event]) -> None:
    """Queue what people must be told of these events: a reaction of `clobus.event_handlers`."""
    news = [event for event in events if event.cons_id is not None and event.name in _MESSAGES]
    if not news:
        return
    known = await queries.requests(connection, [event.cons_id for event in news if event.cons_id])
    queued = []
    for event in news:
        request = known.get(event.cons_id) if event.cons_id else None
        message = _MESSAGES[event.name](event, request) if request is not None else None
        if request is not None and message is not None:
            type_, params, key = message
            audience = "manager" if type_ == "close_refused" else "client"
            queued.append(_row(type_, request["cons_id"], request["lang"], params, key, audience))
    await queries.insert(connection, queued)


def _row(
    type_: str, cons_id: UUID, language: str | None, params: dict[str, Any], key: str, audience: str
) -> dict[str, Any]:  # fmt: skip
    """A message as it is queued, unique by (type, request, key)."""
    told = hashlib.sha256(f"{type_}\n{cons_id}\n{key}".encode()).hexdigest()
    return {"id": ids.new_id(), "notification_type": type_, "entity_id": cons_id, "unique_hash": told,
            "audience": audience, "language": i18n.language_of(language), "params": params,
            "lifetime": LIFETIME[type_].total_seconds()}  # fmt: skip


_Message = tuple[str, dict[str, Any], str]


def _accepted(event: Event, request: DictRow) -> _Message | None:
    return None if request["status"] in ("closed", "resolved", "cancelled") else ("accepted", {}, "")


def _assigned(event: Event, request: DictRow) -> _Message | None:
    """Told when it is somebody else than was told last, so that A, B, A are three messages and A, A is one."""
    if request["manager_name"] is None or request["status"] in ("closed", "resolved", "cancelled"):
        return None
    said, times = request["told"].get("assigned", ({}, 0))
    manager = str(request["manager"])
    if said.get("manager_key") == manager:
        return None
    return "assigned", {"manager": request["manager_name"], "manager_key": manager}, f"{manager}#{times}"


def _rescheduled(event: Event, request: DictRow) -> _Message | None:
    new = _planned(event, request)
    said, times = request["told"].get("rescheduled", ({}, 0))
    if new is None or said.get("new") == new:
        return None
    return "rescheduled", {"new": new}, f"{new}#{times}"


def _planned(event: Event, request: DictRow) -> str | None:
    """The new moment as ISO text: of the event, or of the register of moves (local), or of the request."""
    new = event.changes.get("start_date", (None, None))[1]
    if new is None and request["redate"] is not None and request["redate_time"] is not None:
        new = datetime.combine(request["redate"], request["redate_time"], tzinfo=ZONE)
    new = new or request["start_date"]
    if isinstance(new, str):
        new = datetime.fromisoformat(new)
    return new.astimezone(ZONE).isoformat() if isinstance(new, datetime) else None


def _ended(type_: str) -> Callable[[Event, DictRow], _Message | None]:
    def message(event: Event, request: DictRow) -> _Message | None:
        """Once for each time that the request was open."""
        return type_, {}, str(request["reopened"])

    return message


def _refused(event: Event, request: DictRow) -> _Message | None:
    return "close_refused", {}, str(request["refused"])


_MESSAGES: dict[str, Callable[[Event, DictRow], _Message | None]] = {
    "Opened": _accepted,
    "Assigned": _assigned,
    "Rescheduled": _rescheduled,
    "Closed": _ended("closed"),
    "Cancelled": _ended("cancelled"),
    "CloseRefused": _refused,
}
