"""THE table: what follows from what happened.

Every change of a request may make a partner's picture of it wrong, so both are looked at again; a push that finds
nothing to write costs one read. What people are told is in `clobus.modules.notifications.news`.
"""

from __future__ import annotations

from collections.abc import Sequence

from clobus.core import outbox
from clobus.core.db import Connection
from clobus.core.events import Event, Origin, Reaction
from clobus.modules.consultations import attachments, rating_requests
from clobus.modules.notifications import service as notifications
from clobus.sync.telegram.book import CHAT

CONSULTATION = "consultation"
SAID = frozenset({"Messaged", "Written"})
"""What was said changes nothing that a partner shows of the request."""


async def push_to_partners(connection: Connection, events: Sequence[Event]) -> None:
    """Whatever changed, Chatwoot may show it wrongly now, and 1C too, unless 1C told it."""
    changed = [
        (event.cons_id, event.origin) for event in events if event.cons_id is not None and event.name not in SAID
    ]
    others = [id_ for id_, origin in changed if origin is not Origin.ONEC]
    await outbox.touch_each(connection, CONSULTATION, {"chatwoot": [id_ for id_, _ in changed], "onec": others})


async def send_what_waited(connection: Connection, events: Sequence[Event]) -> None:
    """What was said or put to a request before it had a conversation: files, and messages of Telegram."""
    ids = [event.cons_id for event in events if event.name == "Linked" and event.cons_id is not None]
    if ids:
        await attachments.wake(connection, ids)
        await outbox.touch(connection, "chatwoot", CHAT, ids)


REACTIONS: tuple[Reaction, ...] = (
    push_to_partners, send_what_waited, notifications.on_events, rating_requests.on_events,
)  # fmt: skip
