"""What happened, written with the change that it tells of, and what follows from it.

One append-only table is the audit, the timeline of a request and the replay for live pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import signals
from clobus.core.db import Connection

CHANNEL = "clobus_live"


class Origin(StrEnum):
    """Which side made a change."""

    ONEC = "onec"
    CHATWOOT = "chatwoot"
    PLATFORM = "platform"
    API = "api"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one request: `changes` maps a column to its old and new value.

    `known` is what its publisher knows of the request anyway, so that a reaction need not ask; it is not kept.
    """

    name: str
    cons_id: UUID | None
    origin: Origin
    actor: str | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    known: object = field(default=None, compare=False, repr=False)


Reaction = Callable[[Connection, Sequence[Event]], Awaitable[None]]

_reactions: list[Reaction] = []


def configure(reactions: Sequence[Reaction]) -> None:
    """Set what follows from events (the table of `clobus.event_handlers`); called once at start."""
    _reactions[:] = reactions


async def publish(connection: Connection, events: Sequence[Event]) -> None:
    """Write the events and all that follows from them into the caller's transaction.

    All appear with its commit or none do.
    """
    if not events:
        return
    await connection.execute(
        "insert into log.events (name, cons_id, origin, actor, changes) select name, cons_id, origin, actor, changes"
        " from jsonb_to_recordset(%s::jsonb) as e (n int, name text, cons_id uuid, origin text, actor text,"
        " changes jsonb) order by n",
        (Jsonb([{"n": n, "name": e.name, "cons_id": e.cons_id, "origin": e.origin.value, "actor": e.actor,
                   "changes": e.changes} for n, e in enumerate(events)]),),
    )  # fmt: skip
    for request in {event.cons_id for event in events if event.cons_id is not None}:
        await signals.tell(connection, CHANNEL, str(request))  # live pages, in whatever process
    for reaction in _reactions:
        await reaction(connection, events)
